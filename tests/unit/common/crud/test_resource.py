"""Default rules of resources, and the effect of rules on a resource."""

from dataclasses import replace

from services.common.crud.resource import Resource, SimpleRules
from services.tasks.models import TaskStatus

PLAIN = Resource(path="statuses", model=TaskStatus)


class Completing(SimpleRules):
    """Rules that add to lists what no column holds."""

    completes = frozenset({"list"})


def test_rules_do_nothing_by_default() -> None:
    """A body is unchanged, and its facts are read from it."""
    body = {"name": "Done"}
    assert PLAIN.rules.rewrite(body) == PLAIN.rules.rewrite_update(body) == body
    assert PLAIN.rules.facts_for_create(None, body) is None
    assert PLAIN.rules.prepare(None, body, None) is None


def test_a_completed_list_has_no_change_version() -> None:
    """Changes of another service's data would not change it."""
    assert PLAIN.versioned
    assert not replace(PLAIN, rules=Completing()).versioned
