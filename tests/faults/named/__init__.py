"""Named faults: each is caused on the whole stack under load and judged by the same checker."""
