"""A burst of analysis requests, copies and poison among them: what became of each of them."""
