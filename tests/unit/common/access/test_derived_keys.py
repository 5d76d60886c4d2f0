"""Keys derived from the secrets of tokens."""

from __future__ import annotations

from services.common.access.derived_keys import derived, derived_keys
from services.common.config import Settings

OLD, NEW = "the long secret of last year", "the long secret of this year"


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    """The current secret's is first."""
    keys = derived((NEW, OLD), "cookies")
    assert keys == [*derived((NEW,), "cookies"), *derived((OLD,), "cookies")]
    assert len({*keys, *derived((NEW, OLD), "attempts")}) == 4
    assert {len(key) for key in keys} == {32}


def test_the_settings_name_the_secrets() -> None:
    """The previous ones, too: what they made is still recognized."""
    settings = Settings(amqp_uri="", secret_key=NEW, previous_secret_keys=OLD)
    assert derived_keys(settings, "cookies") == derived((NEW, OLD), "cookies")
