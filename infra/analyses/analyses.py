"""Analytics: SciLearn, analyses on request: the asynchronous service, where statuses and results are, who tells them.

Table and bucket hold what is forgotten anyway and can be computed again, so neither has backups or versions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.api.queue_answers import LARGEST_REQUEST_BYTES
from infra.api.queue_routes import AsyncRoutes
from infra.base.alarm import AlarmLimits
from infra.base.names import bounded_name
from infra.operators.access import Resending
from infra.parts.image_function import FunctionFileSystem, FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.parts.private_bucket import PrivateBucket, PrivateBucketArgs
from infra.queued.service import AsyncService, AsyncServiceArgs
from infra.rights import statements as policies
from infra.search.target import SearchTarget

RESULTS_PREFIX = "results/"
_STATUS_COMMAND = "scilearn.status_handler.handler"


@dataclass(frozen=True, kw_only=True)
class AnalyticsArgs:
    """The functions, their patience, and what requests may read.

    `input_locations` are buckets and key prefixes. `reader_alias` and `readable_indexes` are None and nothing where
    requests may not search. `schema` is what the API checks.
    """

    service_name: str
    analysis: FunctionSpec
    status: FunctionSpec
    schema: Mapping[str, object]
    ephemeral_storage_mb: int
    reserved_concurrency: int | None
    maximum_retry_attempts: int
    maximum_event_age_seconds: int
    queue_retention_seconds: int
    request_age_seconds: int
    on_success: str | None
    on_failure: str | None
    result_days: int
    link_seconds: int
    input_locations: Sequence[tuple[str, str]]
    target: SearchTarget
    reader_alias: str | None
    readable_indexes: Sequence[str]
    file_system: FunctionFileSystem | None
    protect: bool
    alarms: AlarmLimits


class Analytics(pulumi.ComponentResource):
    """Nothing where there are no args."""

    routes: AsyncRoutes | None
    """For the API."""
    resending: Resending | None
    failure_queues: Sequence[pulumi.Output[str]]
    """ARNs of the queues that an operator empties."""
    functions: Mapping[str, pulumi.Output[str]]
    exports: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AnalyticsArgs | None, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:Analytics", name, {}, opts)
        self.routes, self.resending, self.failure_queues = None, None, []
        self.functions, self.exports = {}, {}
        if args is not None:
            self._declare(name, args)
        self.register_outputs({**self.exports})

    def _declare(self, name: str, args: AnalyticsArgs) -> None:
        child = pulumi.ResourceOptions(parent=self)
        table = _status_table(f"{name}-status", args, parent=self)
        bucket = PrivateBucket(
            f"{name}-results",
            PrivateBucketArgs(forget_prefix=RESULTS_PREFIX, forget_days=args.result_days, protect=args.protect),
            opts=child,
        )
        service = AsyncService(args.service_name, _service(args, table, bucket), opts=child)
        _search_access(args, service, parent=self)
        status = _status_function(args, table, bucket, child)
        sender = _sender_role(args, service, parent=self)
        self.routes = AsyncRoutes(
            path="analyses",
            model="AnalysisRequest",
            schema=args.schema,
            queue_arn=service.queue_arn,
            sender_role_arn=sender,
            status_function_name=status.function_name,
            status_invoke_arn=status.invoke_arn,
        )
        self.resending = Resending(request_queue_arn=service.queue_arn, status_table_arn=table.arn)
        self.failure_queues = service.failure_queues
        self.functions = {"scilearn": service.function_name, "scilearn_status": status.function_name}
        self.exports = {
            "analysis_queue_url": service.queue_url,
            "analysis_dead_letter_queue_url": service.not_handed_over_url,
            "analysis_success_destination": service.success_destination_arn,
            "analysis_failure_destination": service.failure_destination_arn,
            "analysis_table": table.name,
            "analysis_results_bucket": bucket.name,
        }


def _status_table(name: str, args: AnalyticsArgs, *, parent: pulumi.Resource) -> aws.dynamodb.Table:
    return aws.dynamodb.Table(
        name,
        name=args.status.function_name,
        attributes=[{"name": "request_id", "type": "S"}],
        hash_key="request_id",
        billing_mode="PAY_PER_REQUEST",
        ttl={"attribute_name": "expires_at", "enabled": True},
        stream_enabled=False,
        server_side_encryption={"enabled": True},
        point_in_time_recovery={"enabled": False},
        deletion_protection_enabled=args.protect,
        opts=pulumi.ResourceOptions(parent=parent, protect=args.protect),
    )


def _service(args: AnalyticsArgs, table: aws.dynamodb.Table, bucket: PrivateBucket) -> AsyncServiceArgs:
    searched = args.reader_alias is not None
    return AsyncServiceArgs(
        function=args.analysis,
        description="Analyses rows, objects or the index, a request an invocation",
        environment={
            "STATUS_TABLE": table.name,
            "RESULTS_BUCKET": bucket.name,
            "RESULTS_PREFIX": RESULTS_PREFIX,
            "RESULT_DAYS": str(args.result_days),
            "MAXIMUM_RETRY_ATTEMPTS": str(args.maximum_retry_attempts),
            **({"INPUT_LOCATIONS": _locations(args)} if args.input_locations else {}),
            **(
                {"OPENSEARCH_ENDPOINT": args.target.endpoint, "OPENSEARCH_INDEX": args.reader_alias}
                if args.reader_alias
                else {}
            ),
        },
        statements=pulumi.Output.all(
            table=table.arn, bucket=bucket.arn, collection=args.target.collection_arn if searched else None
        ).apply(
            lambda arn: [
                policies.keep_statuses(arn["table"]),
                policies.write_objects(arn["bucket"], RESULTS_PREFIX),
                *(policies.read_objects(f"arn:aws:s3:::{place}", prefix) for place, prefix in args.input_locations),
                *([policies.use_collection(arn["collection"])] if arn["collection"] else []),
            ]
        ),
        largest_request_bytes=LARGEST_REQUEST_BYTES,
        queue_retention_seconds=args.queue_retention_seconds,
        maximum_retry_attempts=args.maximum_retry_attempts,
        maximum_event_age_seconds=args.maximum_event_age_seconds,
        request_age_seconds=args.request_age_seconds,
        on_success=args.on_success,
        on_failure=args.on_failure,
        alarms=args.alarms,
        ephemeral_storage_mb=args.ephemeral_storage_mb,
        reserved_concurrency=args.reserved_concurrency,
        network=args.target.network,
        file_system=args.file_system,
    )


def _locations(args: AnalyticsArgs) -> str:
    return ",".join(f"s3://{bucket}/{prefix}" for bucket, prefix in args.input_locations)


def _search_access(args: AnalyticsArgs, service: AsyncService, *, parent: pulumi.Resource) -> None:
    alias = args.reader_alias
    if alias is None:
        return
    aws.opensearch.ServerlessAccessPolicy(
        f"{args.service_name}-access",
        name=bounded_name(f"{args.target.collection}-{args.service_name}", limit=32),
        type="data",
        policy=service.function_role_arn.apply(
            lambda role: json.dumps(
                [
                    policies.index_access(
                        args.target.collection,
                        # An alias is asked for by its own name and answered from the index behind it.
                        [alias, *args.readable_indexes],
                        policies.READ_DOCUMENTS,
                        [role],
                    )
                ]
            )
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _status_function(
    args: AnalyticsArgs, table: aws.dynamodb.Table, bucket: PrivateBucket, child: pulumi.ResourceOptions
) -> ImageFunction:
    return ImageFunction(
        f"{args.service_name}-status",
        ImageFunctionArgs(
            spec=args.status,
            description="Tells what became of an analysis, with links to its results",
            command=_STATUS_COMMAND,
            environment={
                "STATUS_TABLE": table.name,
                "QUEUE_RETENTION_SECONDS": str(args.queue_retention_seconds),
                "LINK_SECONDS": str(args.link_seconds),
            },
            statements=pulumi.Output.all(table=table.arn, bucket=bucket.arn).apply(
                lambda arn: [
                    policies.read_statuses(arn["table"]),
                    policies.read_objects(arn["bucket"], RESULTS_PREFIX),  # its links carry this right
                ]
            ),
            network=args.target.network,
        ),
        opts=child,
    )


def _sender_role(args: AnalyticsArgs, service: AsyncService, *, parent: pulumi.Resource) -> pulumi.Output[str]:
    """What the API is when it sends: a role that may do this one thing, with its policy in place."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{args.service_name}-sender-role",
        assume_role_policy=json.dumps(policies.assume_role("apigateway.amazonaws.com")),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{args.service_name}-sender-policy",
        role=role.name,
        policy=service.queue_arn.apply(lambda arn: json.dumps(policies.document([policies.send_messages(arn)]))),
        opts=child,
    )
    return pulumi.Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))
