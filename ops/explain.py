"""Words for what libraries raise in a command of `ops`. Of OpenSearch's status and type only: reasons echo values."""

from botocore.exceptions import BotoCoreError, ClientError
from opensearchpy.exceptions import OpenSearchException, TransportError

from changefeed.errors import SyncError
from lambda_kit.errors import SettingsError

REPORTED = (SyncError, SettingsError, BotoCoreError, ClientError, OpenSearchException)


def explain(error: Exception) -> str | None:
    """Says what went wrong; None for what only a bug raises."""
    if not isinstance(error, REPORTED):
        return None
    if not isinstance(error, TransportError):
        return str(error)
    status, kind = (error.args[0], error.args[1]) if len(error.args) > 1 else ("N/A", str(error))
    if status == "N/A":
        return f"OpenSearch did not answer ({type(error).__name__}). Is the endpoint right and reachable from here?"
    hint = " Run `python -m ops probe`: it says which right is missing." if status in (401, 403) else ""
    return f"OpenSearch answered {status} {kind}.{hint}"
