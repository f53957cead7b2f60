"""What customers owe us, and how and when they are reminded and thanked."""

from __future__ import annotations

from domain.collections.rules import apply, fire, look

__all__ = ["apply", "fire", "look"]
