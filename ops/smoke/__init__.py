"""The acceptance test of a deployed stack: writes as a caller would, watches the indexes, proves, and cleans up."""
