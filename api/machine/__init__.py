"""What programs use: live rows, the simulated clock, health, metrics and the API documents."""
