"""Families of models with their sizes: one TOML file each, read by `flow/ladders.py`."""
