"""What ``tasks`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.common.permissions import anyone
from services.common.resources import Registry, Resource

RESOURCES: Final = Registry("tasks")
