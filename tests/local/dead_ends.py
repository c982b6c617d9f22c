"""Follows each output of a local stack: one that leads nowhere, or that nobody knows how to follow, is a dead end."""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from botocore.exceptions import ClientError

from local.services.aws_client import aws_client
from local.services.ministack import REGION


def dead_ends(outputs: Mapping[str, Any]) -> list[str]:
    """Returns their names."""
    ways = _ways(outputs)
    leads = {name: all(_leads(ways.get(name), one) for one in _each(value)) for name, value in outputs.items()}
    return sorted(name for name, it_does in leads.items() if not it_does)


def _ways(outputs: Mapping[str, Any]) -> dict[str, Callable[[str], object]]:
    def client(service: str) -> Any:
        return aws_client(outputs["aws_endpoint_url"], REGION, service)

    dynamodb, sqs, functions = client("dynamodb"), client("sqs"), client("lambda")

    def page(url: str) -> None:
        requests.get(url, timeout=10).raise_for_status()

    def index(name: str) -> None:
        page(f"{outputs['opensearch_url']}/{name}/_count")

    def table(name: str) -> None:
        dynamodb.describe_table(TableName=name)

    def queue(url: str) -> None:
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    def queue_arn(arn: str) -> None:
        sqs.get_queue_url(QueueName=arn.rpartition(":")[2])

    def alarm(name: str) -> bool:
        return bool(client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"])

    def image(reference: str) -> bool:
        repository, _, digest = reference.partition("/")[2].partition("@")
        answer = client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])
        return bool(answer["imageDetails"])

    return {
        "operator_policy_arn": lambda arn: client("iam").get_policy(PolicyArn=arn),
        "operator_role_arn": lambda arn: client("iam").get_role(RoleName=arn.rpartition("/")[2]),
        "table_name": table,
        "table_stream_arn": lambda arn: client("dynamodbstreams").describe_stream(StreamArn=arn),
        "kinesis_stream_name": lambda name: client("kinesis").describe_stream_summary(StreamName=name),
        "collection_endpoint": page,
        "dashboards_url": page,
        "opensearch_url": page,
        "indexes": index,
        "reader_alias": index,
        "dead_letter_queues": queue,
        "failure_destinations": queue_arn,
        "event_source_mappings": lambda uuid: functions.get_event_source_mapping(UUID=uuid),
        "functions": lambda name: functions.get_function(FunctionName=name),
        "second_delete_queue_url": queue,
        "second_delete_dead_letter_queue_url": queue,
        "second_delete_dead_letter_queue_arn": queue_arn,
        "images": image,
        "analysis_queue_url": queue,
        "analysis_dead_letter_queue_url": queue,
        "analysis_success_destination": queue_arn,
        "analysis_failure_destination": queue_arn,
        "analysis_table": table,
        "analysis_results_bucket": lambda name: client("s3").head_bucket(Bucket=name),
        "api_url": lambda url: requests.get(f"{url}/items/nobody", timeout=10).status_code == 403,  # it isn't signed
        "alarms": alarm,
        "aws_endpoint_url": lambda url: page(f"{url}/_ministack/health"),
    }


def _each(value: Any) -> list[str]:
    return [str(one) for one in (value.values() if isinstance(value, Mapping) else [value])]


def _leads(way: Callable[[str], object] | None, value: str) -> bool:
    if way is None:
        return False
    try:
        return way(value) is not False
    except (ClientError, requests.RequestException):
        return False
