"""Policies: each service names all of its own."""

from __future__ import annotations

import pytest

from services.assets.service import AssetsService
from services.common.crud.resource_service import ResourceService
from services.crud.service import CrudService


@pytest.mark.parametrize("service", [AssetsService, CrudService])
def test_a_service_names_the_policy_of_every_resource(service: type[ResourceService]) -> None:
    """Each once: the table of rights is made of them."""
    used = {resource.policy for resource in service.registry} - {None}
    assert used <= set(service.policies)
    kinds = [policy.kind for policy in service.policies]
    assert len(set(kinds)) == len(kinds)
