"""A PDF becomes pages, and pages become chunks; this room knows files, not vectors."""
