"""Chooses and checks ports: which are used by default, and a clear error for one that is taken."""

import errno
import random
import socket

from local.errors import LocalStackError

AWS_PORT = 4566
OPENSEARCH_PORT = 9201
LOOPBACK = "127.0.0.1"
HIGHEST_OPENSEARCH_PORT = 9299
"""The node's launcher takes base + 1 and closes without a word above 9299: its transport ports begin there."""


def check_free(port: int, *, what: str, flag: str) -> None:
    """Raises LocalStackError when something listens on the loopback's port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise LocalStackError(
                    f"Port {port} ({what}) is not yours to use: choose one above 1023, {flag}."
                ) from None
            raise LocalStackError(
                f"Port {port} ({what}) is taken by another program. End it, or choose another one: {flag} PORT."
            ) from None


def check_opensearch_port(port: int) -> None:
    """Raises LocalStackError for a port that the node can't use."""
    if not 1025 <= port <= HIGHEST_OPENSEARCH_PORT:
        raise LocalStackError(
            f"OpenSearch port {port} does not work: the node's launcher takes 1025 to {HIGHEST_OPENSEARCH_PORT} only."
        )


def free_port(lowest: int, highest: int) -> int:
    """Picks a free port of a range at random: tests run beside a stack, and beside each other."""
    ports = list(range(lowest, highest + 1))
    random.shuffle(ports)
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise LocalStackError(f"No port from {lowest} to {highest} is free.")
