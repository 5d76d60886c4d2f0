"""Bodies and answers of the equipment of departments."""

from __future__ import annotations

from typing import ClassVar

from services.common.contracts.types import Body, Id, RowOf, Timestamped


class MachineRow(RowOf, kw_only=True):
    """A machine that the studio uses."""

    resource: ClassVar[str] = "hardware-items"


class SoftwareRow(RowOf, kw_only=True):
    """Software that the studio uses."""

    resource: ClassVar[str] = "softwares"


#: By the id of the department.
MachinesByDepartment = dict[str, list[MachineRow]]
SoftwareByDepartment = dict[str, list[SoftwareRow]]


class MachineOfDepartment(Timestamped, kw_only=True):
    """A machine that a department uses."""

    department_id: Id
    hardware_item_id: Id


class SoftwareOfDepartment(Timestamped, kw_only=True):
    """Software that a department uses."""

    department_id: Id
    software_id: Id


class NewMachine(Body, kw_only=True):
    """A machine for a department."""

    hardware_item_id: Id


class NewSoftware(Body, kw_only=True):
    """Software for a department."""

    software_id: Id
