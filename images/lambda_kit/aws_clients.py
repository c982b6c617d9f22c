"""AWS clients of a function, made when first needed: most invocations touch neither the table nor the queue."""

from collections.abc import Callable
from functools import cache
from typing import Any


def aws_clients(region: str) -> Callable[[str], Any]:
    """Gives a function from a service's name to its boto3 client, one for each service."""

    @cache
    def client(service: str) -> Any:
        import boto3  # 150 ms that only a re-read or a parked record pays
        from botocore.config import Config

        # botocore's own 60 s and up to 10 attempts would use up an invocation; ours and Lambda's retries are enough
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
        return boto3.client(service, region_name=region, config=config)

    return client
