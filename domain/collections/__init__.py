"""What customers owe us, and how and when they are reminded and thanked: see `rules.py`."""
