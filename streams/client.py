"""Configures the clients of pollers: without retries, because the walker, lane or forwarder has them."""

from botocore.config import Config


def polling_config() -> Config:
    """Returns short time-outs and one attempt, for a prompt stop while the service is away; one connection a shard."""
    return Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=50,
    )
