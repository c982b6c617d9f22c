"""The programs that the local stack runs: the embedded AWS, OpenSearch, containers."""
