"""From document actions to the index, each with its result."""
