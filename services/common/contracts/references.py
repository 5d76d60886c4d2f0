"""Which services keep references to a table of another service.

Each reference is declared on its column (``database.tables.ref``). This is the other side of it,
for a service that deletes rows and must know who follows; a test holds the two together.
"""

from __future__ import annotations

from typing import Final

REFERENCED_BY: Final[dict[str, tuple[str, ...]]] = {
    "assets.asset_instance": ("crud",),
    "assets.entity": ("chat", "crud", "tasks"),
    "assets.entity_type": ("crud",),
    "auth.department": ("assets", "crud", "tasks"),
    "auth.person": ("assets", "chat", "crud", "tasks"),
    "chat.chat_message": ("tasks",),
    "crud.output_file": ("tasks",),
    "crud.playlist": ("tasks",),
    "crud.project": ("assets", "auth", "tasks"),
    "tasks.preview_file": ("assets", "crud"),
    "tasks.status_automation": ("crud",),
    "tasks.task": ("crud",),
    "tasks.task_status": ("crud",),
    "tasks.task_type": ("assets", "crud"),
}
