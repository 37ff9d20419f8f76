"""Tebiki as a colleague in Slack: one way to ask, with the same answers."""
