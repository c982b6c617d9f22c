"""The local stack: the same program on one machine, without an AWS account."""
