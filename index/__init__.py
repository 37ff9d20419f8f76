"""Chunks become searchable: generations on disk, editions in force, passages found."""
