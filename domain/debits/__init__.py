"""Direct debits of our own: retry plans, mandates, and money that may still come back."""
