"""Words for what libraries raise in a command of `local`: a service that is away."""

import requests
from botocore.exceptions import BotoCoreError

from local.layout import Layout


def explain(error: Exception) -> str | None:
    """Says what went wrong; None for what only a bug raises."""
    if not isinstance(error, BotoCoreError | requests.ConnectionError):
        return None
    return (
        f"A service of the local stack does not answer ({type(error).__name__}). Its log is in "
        f"{Layout().log('').parent}. Start afresh: python -m local down, then up."
    )
