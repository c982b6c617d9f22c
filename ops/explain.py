"""Words for what libraries raise in a command of `ops`: cause and cure. Their own words may echo content."""

from opensearchpy.exceptions import OpenSearchException, TransportError

from changefeed.errors import SyncError
from lambda_kit.errors import SettingsError
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.search import search_trouble


def explain(error: Exception) -> str | None:
    """Says what went wrong, and for a service's errors why, and what to do; None for what only a bug raises."""
    if isinstance(error, TransportError):
        return str(search_trouble(error))
    if isinstance(error, AWS_TROUBLE):
        return str(aws_trouble("AWS did not do its part", error))
    return str(error) if isinstance(error, SyncError | SettingsError | OpenSearchException) else None
