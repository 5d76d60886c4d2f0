"""The migrations lead where the models are, and back."""

import pytest

from deploy.local.parts import Parts
from services.common.database.migrations import differences, downgrade, upgrade
from tests.system import SERVICES, System, until
from tests.world import World


@pytest.mark.parametrize("service", SERVICES)
def test_migrated_schema_and_models_agree(parts: Parts, service: str) -> None:
    """Nothing that the models declare is missing, nothing is left over."""
    assert differences(service, parts.urls[service]) == []


def test_a_schema_goes_down_to_nothing_and_up_again(system: System, world: World) -> None:
    """Every migration can be taken back."""
    url = system.parts.urls["chat"]
    downgrade("chat", url, "base")
    upgrade("chat", url)
    assert differences("chat", url) == []
    system.kill("chat")
    system.start("chat")
    until(lambda: system.caller(world.admin).get("/data/chats").ok, 20, "the service's return")
