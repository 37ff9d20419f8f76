"""A question becomes a cited answer; Slack is one way to ask."""
