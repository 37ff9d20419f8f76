"""A refresh: what differs between the catalog and the index, and a new generation."""
