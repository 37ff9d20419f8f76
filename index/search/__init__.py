"""Passages found: the lexical and dense legs, the glossary, and the hybrid of them."""
