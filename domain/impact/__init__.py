"""What a change of rules would mean for the customers there are, counted before it goes live."""
