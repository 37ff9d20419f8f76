"""Tests of index/generations/."""
