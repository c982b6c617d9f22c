"""Keeps out of a command what the environment says of other things: AWS profiles, endpoints and proxies."""

import os

LOOPBACK = "127.0.0.1,localhost"


def spare_the_loopback_proxies() -> None:
    """Excepts this machine from the proxies that the environment names: a local stack is on its loopback."""
    before = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(filter(None, (before, LOOPBACK)))


def forget_aws() -> None:
    """Removes AWS's variables, and hides its files: no profile, region or endpoint has a meaning on this machine."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
