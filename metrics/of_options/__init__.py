"""Metrics of a belief over options: each takes what the model believes and the target."""
