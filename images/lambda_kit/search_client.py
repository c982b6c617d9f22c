"""The opensearch-py client, for everything but the bulk path: creating indexes, searching, verifying."""

from typing import Any
from urllib.parse import urlsplit

from opensearchpy import OpenSearch, RequestsHttpConnection

from lambda_kit.signing import request_auth

TIMEOUT_SECONDS = 20


def create_search_client(endpoint: str, region: str) -> Any:
    """Makes an `opensearchpy.OpenSearch` for a collection (signed) or the loopback (plain).

    Raises SettingsError for an endpoint that is neither. Compression stays off: see `bulk_transport`.
    """
    parts = urlsplit(endpoint)
    secure = parts.scheme == "https"
    return OpenSearch(
        hosts=[{"host": parts.hostname, "port": parts.port or (443 if secure else 80)}],
        http_auth=request_auth(endpoint, region),
        use_ssl=secure,
        verify_certs=secure,
        connection_class=RequestsHttpConnection,
        timeout=TIMEOUT_SECONDS,
        max_retries=2,
        retry_on_timeout=False,
    )
