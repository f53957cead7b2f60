"""Overdue as a state machine in data: recomputed from facts and the clock, never advanced."""
