"""Makes boto3 clients of the embedded AWS."""

from typing import Any

import boto3
from botocore.config import Config

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""MiniStack takes any; this key is its root."""


def aws_client(endpoint_url: str, region: str, service: str, *, config: Config | None = None) -> Any:
    """Makes a client of one service. It waits longer than Lambda's longest run: an answer may be an invocation's."""
    default = Config(read_timeout=920, retries={"max_attempts": 1}, max_pool_connections=50)
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        config=default.merge(config) if config else default,
        **CREDENTIALS,
    )
