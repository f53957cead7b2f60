"""What keeps the stack from starting, in one sentence a person can act on."""

from __future__ import annotations


class Problem(Exception):
    """Ends the command with exit code 1; the message is one sentence with what to do."""
