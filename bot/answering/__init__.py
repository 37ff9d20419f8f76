"""Passages become an answer made of quotations, or one that declines."""
