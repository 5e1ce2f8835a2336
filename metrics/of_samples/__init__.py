"""Metrics of several samples of one item."""
