"""A request on its way through the steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from gateway.answers import AnswerCache
    from gateway.config import GatewaySettings
    from gateway.http.object_store import ObjectStore
    from gateway.http.uploads import Received
    from gateway.identity import Authenticator, Identity
    from gateway.places import Places
    from gateway.routes.table import Route
    from gateway.rpc.client import RpcClient
    from services.common.wire.rpc_protocol import Reply


@dataclass(frozen=True, slots=True)
class Gateway:
    """What all requests of a process share."""

    settings: GatewaySettings
    client: RpcClient
    authenticator: Authenticator
    answers: AnswerCache
    store: ObjectStore
    #: Calls under way, and answers that are being read.
    calls: Places
    #: Uploads, downloads and large bodies under way.
    transfers: Places
    #: Those of either that wait for a slow client.
    slow: Places


@dataclass(slots=True)
class Exchange:
    """One request, what the steps found out about it, and the response they prepare."""

    gateway: Gateway
    route: Route
    req: Request
    resp: Response
    #: The fields of the path by the names that the route uses.
    path_fields: dict[str, str]
    identity: Identity | None = None
    #: The files of a multipart body, stored already.
    received: Received | None = None
    #: The keyword arguments of the call, as JSON.
    arguments: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    reply: Reply | None = None
    #: What gives back the place that the call took; the last step hands it on or calls it.
    release: Any = None
