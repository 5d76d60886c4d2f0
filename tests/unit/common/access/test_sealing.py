"""Secrets at rest."""

from __future__ import annotations

from services.common.access import sealing

OLD, NEW = "the-old-key-of-at-least-32-characters", "the-new-key-of-at-least-32-characters"


def test_a_sealed_secret_is_unreadable_and_opens_with_its_key() -> None:
    """And differs each time, so equal secrets don't show."""
    sealed = sealing.seal([NEW], "whsec_abc")
    assert "abc" not in sealed
    assert sealed != sealing.seal([NEW], "whsec_abc")
    assert sealing.opened([NEW], sealed) == "whsec_abc"


def test_keys_rotate() -> None:
    """The first encrypts, all decrypt."""
    assert sealing.opened([NEW, OLD], sealing.seal([OLD], "a")) == "a"
    assert sealing.opened([OLD], sealing.seal([NEW, OLD], "a")) is None


def test_what_was_imported_is_not_sealed() -> None:
    """It is taken as it is; there may be none."""
    assert sealing.opened([NEW], "plain") == "plain"
    assert sealing.opened([NEW], None) is None
    assert sealing.opened([NEW], "") is None


def test_keys_of_a_setting_are_split() -> None:
    """Blanks and empty ones don't count."""
    assert sealing.split(" a, b,,") == ["a", "b"]
    assert sealing.split("") == []
