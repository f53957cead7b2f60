"""The contact gate: whether, when and how a customer may be contacted at all, by jurisdiction."""
