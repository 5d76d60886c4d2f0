"""A service is put together from mixins; none of them may replace what another defines."""

from __future__ import annotations

from importlib import import_module
from inspect import getmembers, isclass

import pytest

from services.common.runtime.service import Service
from services.common.wire.topology import SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_no_mixin_replaces_a_method_of_another(name: str) -> None:
    """A private helper of the same name in two files would silently become one of the two."""
    module = import_module(f"services.{name}.service")
    found = next(
        cls
        for _, cls in getmembers(module, isclass)
        if issubclass(cls, Service) and getattr(cls, "name", None) == name
    )
    owners: dict[str, list[str]] = {}
    for cls in found.__mro__[1:-1]:
        for attribute, value in vars(cls).items():
            if callable(value) or isinstance(value, staticmethod | property):
                owners.setdefault(attribute, []).append(cls.__name__)
    shared = {key: owned for key, owned in owners.items() if len(owned) > 1 and key[:2] != "__"}
    assert shared == {}
