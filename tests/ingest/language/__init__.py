"""Tests of ingest/language/."""
