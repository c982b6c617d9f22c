"""The sync: decode, plan, write, report, shared by every image that feeds an index."""
