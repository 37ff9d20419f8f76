"""Tests of bot/writing/."""
