"""RPC methods of accounts for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.common.access.rules import admin
from services.common.crud.resource_service import ResourceService
from services.common.errors import Unavailable
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.crud.subscribers import accounts
from services.crud.subscribers.management import Management, ManagementError

if TYPE_CHECKING:
    from services.crud.config import CrudSettings


class SubscriberRpc(ResourceService):
    """What consoles show of accounts."""

    settings: CrudSettings

    @query
    def list_subscribers(self) -> Reply:
        """Accounts for programs at the broker, as ``Subscriber``, by their names.

        Raises Forbidden, Unavailable (the broker's management does not answer).
        """
        admin.check(self, {})
        settings = self.settings
        try:
            with Management(settings.amqp_uri, settings.broker_management_url) as broker:
                found = accounts.listed(broker, self.database.rows)
        except ManagementError as error:
            raise Unavailable(str(error)) from None
        return Reply(msgspec.json.encode(found))
