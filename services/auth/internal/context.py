"""This service's part of the context that clients load at start."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.auth.models import Organisation, Person
from services.auth.policy import account_fields, person_rules
from services.auth.resources import RESOURCES
from services.common.crud import json_parts
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Select
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.auth.config import AuthSettings


IDS: Final = ARRAY(sa.Uuid(as_uuid=False))
#: The limit shown where there is none, until the studio has as many people.
ROOM: Final = 100
#: Mbit/s of movies whose production and task type say nothing.
HIGH_BIT_RATE: Final = 28
LOW_BIT_RATE: Final = 6


@cache
def _context(only: frozenset[str] | None, admin: bool) -> Select:
    people = sa.select(*RESOURCES["persons"].columns(only, relations=True))
    if only is account_fields.BRIEF:
        people = people.where(Person.id == sa.any_(sa.bindparam("people", type_=IDS)))
    members: JsonObject = {
        "persons": json_parts.array(
            people.where(Person.is_guest.is_(False), person_rules.IS_SOMEBODY),
            *RESOURCES["persons"].order,
        ),
        "departments": _all("departments"),
        "studios": _all("studios"),
    }
    if admin:
        limit = sa.cast(sa.bindparam("limit", required=False), sa.Integer)
        # Clients take it for a number to stay below. Without a limit there is always room.
        room = sa.func.greatest(ROOM, person_rules.ACTIVE.scalar_subquery() + 1)
        members["user_limit"] = sa.case((limit > 0, limit), else_=room)
    return json_parts.json_object(**members)


def _all(path: str) -> sa.ColumnElement[str]:
    resource = RESOURCES[path]
    return json_parts.array(sa.select(*resource.columns(None, relations=False)), *resource.order)


class ContextRpc(ResourceService):
    """The reads with which clients start."""

    settings: AuthSettings

    @query
    def read_context_part(self) -> Reply:
        """``{persons, departments, studios, user_limit?}`` without guests, for ``crud`` to compose.

        Managers get complete persons, others reduced ones, all with departments; clients only the
        people of their productions. Only administrators get the user limit.
        """
        only = account_fields.visible(self.actor, single=True)
        people = {}
        if not account_fields.sees_everybody(self.actor):
            people["people"] = [str(person) for person in person_rules.people_seen(self)]
        statement = _context(only, self.actor.is_admin)
        return json_parts.read(self.database, statement, limit=self.settings.user_limit, **people)

    @query
    def show_config(self) -> JsonObject:
        """The configuration that clients need before log-in."""
        dark = sa.select(Organisation.dark_theme_by_default).order_by(Organisation.created_at)
        with self.database.read() as connection:
            is_dark = bool(connection.scalar(dark.limit(1)))
        return {
            "is_self_hosted": True,
            "crisp_token": "",
            "dark_theme_by_default": is_dark,
            "indexer_configured": True,
            "saml_enabled": False,
            "saml_idp_name": "",
            "oidc_enabled": False,
            "oidc_idp_name": "",
            "default_locale": self.settings.default_locale,
            "default_timezone": self.settings.default_timezone,
            "enforce_2fa": self.settings.enforce_2fa,
            "preview_accounts_enabled": True,
            "movie_highdef_bitrate": HIGH_BIT_RATE,
            "movie_lowdef_bitrate": LOW_BIT_RATE,
        }
