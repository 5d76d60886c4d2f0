"""Rows whose values are easily lost."""

from __future__ import annotations

import pytest

from tests.system.deploy.dumps import CODES, Tables, in_base64
from tests.world import World


@pytest.fixture
def tables(world: World) -> Tables:
    """The small studio, with the values that are easily lost."""
    person = next(row for row in world.tables["person"] if row["id"] == world.admin)
    person |= {
        "otp_recovery_codes": [in_base64(code) for code in CODES],
        "totp_secret": "JBSWY3DPEHPK3PXP",
        "totp_enabled": True,
        "last_presence": "2026-01-04",
        "fido_credentials": [{"public_key": {"-2": 2**240 + 1}, "device_name": "key"}],
        "data": {"text": 'tab\t newline\n backslash \\ "quote" ä 漢 😀', "n": [1, 2.5, None]},
    }
    world.add(
        "api_event",
        "e",
        name="task:new",
        user_id=world.admin,
        project_id=world.project,
        data={"task_id": world.task},
    )
    world.add(
        "comment",
        "c",
        object_id=world.task,
        object_type="Task",
        text="\\N\tä\r\n",
        person_id=world.admin,
        links=["https://example.com/a,b", "{}"],
    )
    return dict(world.tables)
