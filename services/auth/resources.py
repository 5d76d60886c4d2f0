"""The resources that ``auth`` serves by generic CRUD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.auth.models import Department, Organisation, Person, Studio
from services.auth.policy import account_fields, person_rules
from services.common.access.rules import admin, any_of, anyone, is_self
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.database.tables import table_of

if TYPE_CHECKING:
    from services.common.actor import Actor

CHAT_SECRETS: Final = frozenset(
    {
        "chat_token_slack",
        "chat_webhook_mattermost",
        "chat_token_discord",
    }
)


def _organisation_names(actor: Actor, *_: Any) -> frozenset[str] | None:
    """Chat secrets are for administrators."""
    return None if actor.is_admin else frozenset(table_of(Organisation).c.keys()) - CHAT_SECRETS


RESOURCES: Final = Registry(
    "auth",
    Resource(path="departments", model=Department, list=anyone, read=anyone),
    Resource(path="studios", model=Studio, list=anyone, read=anyone),
    Resource(
        path="organisations",
        model=Organisation,
        list=anyone,
        read=anyone,
        visible=_organisation_names,
        filterable=_organisation_names,
        owned=frozenset({"has_avatar"}),
    ),
    Resource(
        path="persons",
        model=Person,
        list=anyone,
        read=person_rules.reader,
        scope=person_rules.scope,
        unscoped=account_fields.sees_everybody,
        elsewhere=person_rules.elsewhere,
        update=any_of(admin, is_self("id")),
        hidden=account_fields.SECRET,
        conditions=lambda _query: (person_rules.IS_SOMEBODY,),
        virtual={"full_name": person_rules.FULL_NAME},
        visible=account_fields.visible,
        filterable=account_fields.filterable,
        empty_lists=frozenset({"departments"}),
        updated_lists=("departments",),
        fixed=account_fields.fixed,
        owned=account_fields.OWNED,
        extra_body=frozenset({"password"}),
        rules=person_rules.PersonRules(),
        still_linked="Some data are still linked to given person.",
        force_cascades=True,
    ),
)
