"""Plays stories: scenario files told on a simulated clock, in process or on a running stack."""
