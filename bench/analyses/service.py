"""The analysis service under measurement, by its public addresses and names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.services.aws_client import aws_client
from local.services.ministack import REGION


@dataclass(kw_only=True)
class Service:
    """Where the service is. Its clients are made once and shared among threads."""

    api_url: str
    aws_endpoint_url: str
    queue_url: str
    success_queue_url: str
    failure_queue_url: str
    table: str
    bucket: str
    function: str
    _clients: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> "Service":
        """Reads it from a local stack's outputs. Both destinations must be queues."""
        sqs = aws_client(outputs["aws_endpoint_url"], REGION, "sqs")

        def url(kind: str) -> str:
            name = outputs[f"analysis_{kind}_destination"].rpartition(":")[2]
            return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])

        return cls(
            api_url=outputs["api_url"],
            aws_endpoint_url=outputs["aws_endpoint_url"],
            queue_url=outputs["analysis_queue_url"],
            success_queue_url=url("success"),
            failure_queue_url=url("failure"),
            table=outputs["analysis_table"],
            bucket=outputs["analysis_results_bucket"],
            function=outputs["functions"]["scilearn"],
        )

    def client(self, service: str) -> Any:
        """Makes a boto3 client, or gives the one made before."""
        if service not in self._clients:
            self._clients[service] = aws_client(self.aws_endpoint_url, REGION, service)
        return self._clients[service]
