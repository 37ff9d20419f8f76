"""What Tebiki promises, one fact to a test."""
