"""Tests of index/refresh/."""
