"""Generations: immutable index folders, and the pointer that says which is current."""
