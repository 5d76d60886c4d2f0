"""The base of every mixin of a service that serves resources."""

from __future__ import annotations

from services.common.crud.resource import Registry
from services.common.runtime.service import Service


class ResourceService(Service):
    """A service with a registry of resources; it has no methods of its own to call."""

    registry: Registry
