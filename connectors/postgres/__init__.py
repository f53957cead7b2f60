"""PostgreSQL: claims of dispatches, the projection for lists, and what needs a constraint."""
