"""The hooks that do nothing unless a resource overrides them."""

from services.common.crud.resource_rules import SimpleRules


def test_rules_do_nothing_by_default() -> None:
    """A body is unchanged, and its facts are read from it."""
    body, rules = {"name": "Done"}, SimpleRules()
    assert rules.rewrite(body) == rules.rewrite_update(body) == body
    assert rules.facts_for_create(None, body) is None
    assert rules.prepare(None, body, None) is None
