"""The fee status of a customer: which fees policy would apply, by rules kept as data."""
