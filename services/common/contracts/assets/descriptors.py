"""Bodies and answers of metadata descriptors: a production's own columns."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import UNSET, Body, Id, RowOf, UnsetType, about

Name = Annotated[
    str, about("What the column is called; its key is made of it.", "Weather", min_length=1)
]
DataType = Annotated[
    str,
    about(
        "The kind of its values: ``string``, ``number``, ``list``, ``taglist``, ``boolean``, "
        "``checklist``, ``date``, ``url``, ``textarea`` or ``person``.",
        "list",
    ),
]
Choices = Annotated[list[str | int | float], about("The values to choose from.", ["sun", "rain"])]
ForClient = Annotated[bool, about("Whether clients see it.")]


class DescriptorRow(RowOf, kw_only=True):
    """A column that a production adds to its assets, shots or tasks."""

    resource: ClassVar[str] = "metadata-descriptors"


class NewDescriptor(Body, kw_only=True):
    """A column to add."""

    name: Name
    entity_type: Annotated[
        str,
        about(
            "What has it: ``Asset``, ``Shot``, ``Sequence``, ``Episode``, ``Edit``, ``Project`` "
            "or ``Task``.",
            "Shot",
        ),
    ] = "Asset"
    data_type: DataType = "string"
    choices: Choices = []
    for_client: ForClient = False
    departments: Annotated[list[Id], about("The departments that it is meant for.")] = []
    task_type_id: Annotated[Id | None, about("Of ``Task`` only: the tasks that have it.")] = None


class DescriptorChanges(Body, kw_only=True):
    """What to change of a column; with a new name its values move to a new key."""

    name: Name | UnsetType = UNSET
    data_type: DataType | UnsetType | None = UNSET
    choices: Choices | UnsetType = UNSET
    for_client: ForClient | UnsetType = UNSET
    departments: Annotated[list[Id] | UnsetType, about("The departments that it is meant for.")] = (
        UNSET
    )
    position: Annotated[int | UnsetType | None, about("Its place among the columns.", 1)] = UNSET
