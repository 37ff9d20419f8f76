"""Tests of bot/asking/."""
