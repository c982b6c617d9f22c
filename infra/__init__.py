"""Everything Pulumi: one component per file; only settings.py reads config."""
