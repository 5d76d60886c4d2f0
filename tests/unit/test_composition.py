"""Services are composed of independent mixins."""

from __future__ import annotations

from importlib import import_module
from inspect import getmembers, isclass

import pytest

from services.common.crud.resource_service import ResourceService
from services.common.wire.topology import SERVICES


def mixins(name: str) -> list[type]:
    """The mixins of a service."""
    module = import_module(f"services.{name}.service")
    composed = next(
        cls
        for _, cls in getmembers(module, isclass)
        if issubclass(cls, ResourceService) and getattr(cls, "name", None) == name
    )
    return list(composed.__bases__)


@pytest.mark.parametrize("name", SERVICES)
def test_no_mixin_inherits_another(name: str) -> None:
    """Shared code is a function over the call context."""
    assert {cls.__name__: cls.__bases__ for cls in mixins(name)} == {
        cls.__name__: (ResourceService,) for cls in mixins(name)
    }


@pytest.mark.parametrize("name", SERVICES)
def test_no_two_mixins_define_the_same_method(name: str) -> None:
    """One of them would silently never be called."""
    owners: dict[str, list[str]] = {}
    for cls in (*mixins(name), *ResourceService.__mro__[:-1]):
        for attribute, value in vars(cls).items():
            if callable(value) or isinstance(value, staticmethod | property):
                owners.setdefault(attribute, []).append(cls.__name__)
    shared = {key: owned for key, owned in owners.items() if len(owned) > 1 and key[:2] != "__"}
    assert shared == {}
