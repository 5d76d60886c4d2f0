"""The service, composed of its RPC mixins."""

from services.auth.config import AuthSettings
from services.auth.internal.context import ContextRpc
from services.auth.internal.descriptions import DESCRIBER
from services.auth.internal.notification_mail import NotificationMailRpc
from services.auth.internal.rpc import InternalRpc
from services.auth.internal.webhook_mail import WebhookMailRpc
from services.auth.models import Base
from services.auth.people.rpc import DepartmentRpc
from services.auth.people.rpc_preview import PreviewAccountRpc
from services.auth.people.rpc_search import PersonSearchRpc
from services.auth.policy.person_rules import reader
from services.auth.policy.preview_accounts import PREVIEW_ACCOUNTS
from services.auth.policy.protected import account_to_change
from services.auth.resources import RESOURCES
from services.auth.sessions.rpc_factor import FactorRpc
from services.auth.sessions.rpc_log import LogRpc
from services.auth.sessions.rpc_password import PasswordRpc
from services.auth.sessions.rpc_session import SessionRpc
from services.common.access.rules import admin, any_of, anyone, is_self
from services.common.contracts.auth.events import OrganisationThumbnailSet, PersonThumbnailSet
from services.common.crud.describing import DescriptionRpc
from services.common.crud.rpc import CrudRpc
from services.common.files.avatars import Avatar, AvatarRpc, avatar_of
from services.common.files.rpc import FilesRpc


class AuthService(
    CrudRpc,
    FilesRpc,
    AvatarRpc,
    SessionRpc,
    PasswordRpc,
    FactorRpc,
    LogRpc,
    NotificationMailRpc,
    WebhookMailRpc,
    InternalRpc,
    ContextRpc,
    DepartmentRpc,
    PreviewAccountRpc,
    PersonSearchRpc,
    DescriptionRpc,
):
    """People, the studio, sessions."""

    name = "auth"
    settings_class = AuthSettings
    metadata = Base.metadata
    registry = RESOURCES
    policies = (PREVIEW_ACCOUNTS,)
    describer = DESCRIBER
    avatars = {
        "persons": Avatar(
            read=reader,
            write=any_of(admin, is_self("id")),
            check=account_to_change,
            new_event=lambda ident: PersonThumbnailSet(person_id=ident),
        ),
        "organisations": Avatar(
            read=anyone,
            write=admin,
            new_event=lambda ident: OrganisationThumbnailSet(organisation_id=ident),
        ),
    }
    row_files = (avatar_of("persons", "person"), avatar_of("organisations", "organisation"))
