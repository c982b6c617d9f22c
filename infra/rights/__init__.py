"""Policy statements: who may do what."""
