"""Metrics of a reply: each takes what was answered and the texts that are right."""
