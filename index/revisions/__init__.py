"""What changed between two editions, and where a quotation stands today."""
