"""The consumer of the table's changes in Kinesis Data Streams."""
