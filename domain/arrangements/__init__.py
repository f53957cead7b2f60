"""Promises, plans, hardship, disputes and holds: what was agreed with a customer."""
