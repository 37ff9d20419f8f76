"""Tests of index/revisions/."""
