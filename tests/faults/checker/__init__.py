"""Recomputes the truth of a run from its log and compares. Imports nothing of the product."""
