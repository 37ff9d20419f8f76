"""Which works we hold: the catalog beside the files, its editions, and what a file says of itself."""
