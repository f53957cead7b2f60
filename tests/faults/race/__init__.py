"""The race of payments against reminders (I1), on a real broker."""
