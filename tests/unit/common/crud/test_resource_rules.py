"""Resources without rules of their own, and what rules change of a resource."""

from dataclasses import replace

from services.common.crud.resource import Resource, SimpleRules
from services.tasks.models import TaskStatus

PLAIN = Resource(path="statuses", model=TaskStatus)


class Completing(SimpleRules):
    """Adds to lists what no column holds."""

    completes = frozenset({"list"})


def test_rules_do_nothing_by_default() -> None:
    """A body stays as it is; the caller's rights are read from it."""
    body = {"name": "Done"}
    assert PLAIN.rules.rewrite(body) == PLAIN.rules.rewrite_update(body) == body
    assert PLAIN.rules.facts_for_create(None, body) is None
    assert PLAIN.rules.prepare(None, body, None) is None


def test_a_list_that_is_completed_has_no_version() -> None:
    """What is added is another service's, whose changes move no version here."""
    assert PLAIN.versioned
    assert not replace(PLAIN, rules=Completing()).versioned
