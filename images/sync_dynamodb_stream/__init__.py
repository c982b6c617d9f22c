"""The consumer of the table's own stream (DynamoDB Streams)."""
