"""The judges: each reads the evidence of a run and says what must not be. I1-I10 of the project."""
