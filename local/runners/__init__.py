"""What AWS would run outside the functions: mappings, pipes, forwarding, asynchronous invocation."""
