"""Words of a rule set by which people end messages."""

from __future__ import annotations

from domain.compliance.words import is_stop_word
from tests.unit.collections.story import POLICY


def test_stop_words_hold_in_whatever_letters_the_rule_set_has_them() -> None:
    """Whoever writes the rule set writes as people do, and so does the customer."""
    rules = POLICY.contact.model_copy(
        update={"stop_words": {"de": ("Schluß",)}, "stop_phrases": {"de": ("Keine Post MEHR",)}}
    )
    assert is_stop_word(rules, "SCHLUSS jetzt")
    assert is_stop_word(rules, "keine Post mehr!")
    assert not is_stop_word(rules, "stop")
