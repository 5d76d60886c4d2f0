"""The base of every mixin of a service that serves resources."""

from __future__ import annotations

from typing import ClassVar

from services.common.access.policy import Policy
from services.common.crud.registry import Registry
from services.common.runtime.service import Service


class ResourceService(Service):
    """A service with a registry of resources; it has no methods of its own to call."""

    registry: Registry
    #: What each role of a production sees of this service's things, one policy a kind.
    policies: ClassVar[tuple[Policy, ...]] = ()
