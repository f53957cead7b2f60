"""The rules of Dunnock, pure: (state, event, policy, now) -> (state, effects). No I/O, no clock."""
