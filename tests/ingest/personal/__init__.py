"""Tests of ingest/catalog/."""
