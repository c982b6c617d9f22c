"""What capabilities are made of: functions, images, queues, buckets."""
