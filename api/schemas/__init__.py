"""The wire format: what goes over HTTP, and how our own types become it.

These names are a contract. Later work adds fields; it never renames or removes one.
"""
