"""Who signs a request to the search endpoint, and which endpoints are accepted at all.

https is a serverless collection: Signature Version 4 for service `aoss`, with `x-amz-content-sha256`, by
requests-aws4auth (opensearch-py 3.2.0's own requests signer gets a 403 there: opensearch-py issue 1047). Plain http
is accepted on the loopback only: the local stack's node.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lambda_kit.errors import SettingsError

if TYPE_CHECKING:
    from requests.auth import AuthBase

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

SignRequest = Callable[[str, bytes], Mapping[str, str]]
"""From a POST's path and body to the headers that sign it."""


def check_endpoint(endpoint: str) -> str | None:
    """Says what is wrong with an endpoint URL; None: nothing."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme == "https" and host:
        return None
    if parts.scheme == "http" and host in LOOPBACK_HOSTS:
        return None
    return "must be an https URL (a collection's endpoint), or http on the loopback for the local stack"


def request_auth(endpoint: str, region: str) -> "AuthBase | None":
    """Makes the signer of requests to an endpoint; None for the loopback. Raises SettingsError for other http URLs.

    Outside of Lambda it raises botocore's NoCredentialsError where there are none.
    """
    problem = check_endpoint(endpoint)
    if problem:
        raise SettingsError(f"Search endpoint {endpoint!r} {problem}.")
    if urlsplit(endpoint).scheme == "http":
        return None
    from requests_aws4auth import AWS4Auth  # only signed endpoints pay for its import

    signer: AuthBase
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        # Lambda gives a container its role's session for its whole life; boto3 would cost 150 ms to say the same.
        keys = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        signer = AWS4Auth(*keys, region, "aoss", session_token=os.environ.get("AWS_SESSION_TOKEN"))
    else:
        import boto3
        from botocore.exceptions import NoCredentialsError

        credentials = boto3.Session().get_credentials()
        if credentials is None:  # AWS4Auth would call that a wrong number of arguments
            raise NoCredentialsError
        signer = AWS4Auth(region=region, service="aoss", refreshable_credentials=credentials)
    return signer


def request_signer(endpoint: str, region: str) -> SignRequest:
    """Signs what is sent without requests: it only makes the headers. None are needed for the loopback.

    Raises SettingsError as `request_auth` does.
    """
    auth = request_auth(endpoint, region)
    if auth is None:
        return lambda _path, _body: {}
    from requests import Request

    parts = urlsplit(endpoint)

    def sign(path: str, body: bytes) -> Mapping[str, str]:
        prepared = Request("POST", f"https://{parts.netloc}{path}", data=body, auth=auth).prepare()
        return {name: value for name, value in prepared.headers.items() if name.lower() != "content-length"}

    return sign
