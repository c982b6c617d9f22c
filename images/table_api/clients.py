"""Makes the API's client of the table: time-outs that leave room inside API Gateway's 29 seconds, and a few retries."""

from typing import Any


def create_dynamodb_client() -> Any:
    """Makes boto3's low-level DynamoDB client of the function's region and role; imports late, for the cold start."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("dynamodb", config=config)
