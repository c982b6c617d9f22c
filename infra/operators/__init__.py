"""What whoever runs `python -m ops` may do."""
