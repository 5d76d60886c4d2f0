"""The effect of rules on a resource."""

from dataclasses import replace

from services.common.crud.resource import Resource
from services.common.crud.resource_rules import SimpleRules
from services.tasks.models import TaskStatus

PLAIN = Resource(path="statuses", model=TaskStatus)


class Completing(SimpleRules):
    """Rules that add to lists what no column holds."""

    completes = frozenset({"list"})


def test_a_completed_list_has_no_change_version() -> None:
    """Changes of another service's data would not change it."""
    assert PLAIN.versioned
    assert not replace(PLAIN, rules=Completing()).versioned
