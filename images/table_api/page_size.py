"""How many items fit into one answer."""

# Lambda answers with at most 6 MB ("Lambda quotas": synchronous payload), and the proxy response escapes the body once
# more, which can double it.
MAX_PAGE_BYTES = 2 * 1024 * 1024


def fitting(items: list[bytes]) -> list[bytes]:
    """Gives the longest beginning of the list that fits, and at least one item (an item is at most 400 KB)."""
    total_bytes = 0
    for count, item in enumerate(items):
        total_bytes += len(item)
        if count and total_bytes > MAX_PAGE_BYTES:
            return items[:count]
    return items
