"""Files of banks: what came back of our direct debits (pain.002, camt.052, camt.053, camt.054)."""
