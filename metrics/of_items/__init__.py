"""Metrics of a set of items: each takes columns of numbers, one value an item."""
