"""Rule sets that people change: what pages and API share."""
