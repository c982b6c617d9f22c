"""Makes boto3 clients of the embedded AWS."""

from functools import partial
from typing import Any

import boto3
from botocore.config import Config

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""The key of its root, who may do everything."""


def aws_client(
    endpoint_url: str, region: str, service: str, *, config: Config | None = None, session: boto3.Session | None = None
) -> Any:
    """Makes a client of one service, as root or with the session's credentials.

    It waits longer than Lambda's longest run: an answer may be an invocation's.
    """
    default = Config(read_timeout=920, retries={"max_attempts": 1}, max_pool_connections=50)
    make = session.client if session else partial(boto3.client, **CREDENTIALS)
    return make(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        config=default.merge(config) if config else default,
    )
