"""How the clients of pollers are made: no retries of their own, because the walker, lane or forwarder has them."""

from botocore.config import Config


def polling_config() -> Config:
    """Short time-outs and one attempt, so that a stop is prompt while the service is away; a connection a shard."""
    return Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=50,
    )
