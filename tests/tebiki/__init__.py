"""Tests of tebiki/."""
