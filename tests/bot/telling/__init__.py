"""Tests of bot/telling/."""
