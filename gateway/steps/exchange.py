"""The state of a request while it passes through the steps."""

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
    from gateway.positions import HeardEvents, PositionTokens
    from gateway.routes.table import Route
    from gateway.rpc.client import RpcClient
    from services.common.wire.position import Position
    from services.common.wire.rpc_protocol import Reply


@dataclass(frozen=True, slots=True)
class Gateway:
    """The objects that all requests of a process share."""

    settings: GatewaySettings
    client: RpcClient
    authenticator: Authenticator
    answers: AnswerCache
    positions: PositionTokens
    heard: HeardEvents
    store: ObjectStore
    #: Calls in progress, and answers that clients are reading.
    calls: Places
    #: Uploads, downloads and large bodies in progress.
    transfers: Places
    #: Calls and transfers of slow clients.
    slow: Places


@dataclass(slots=True)
class Exchange:
    """A request, the results of the steps so far, and the response."""

    gateway: Gateway
    route: Route
    req: Request
    resp: Response
    #: The path's fields, by the names in the route.
    path_fields: dict[str, str]
    #: The client's position: the events of its own writes, which it must be able to read.
    position: Position
    identity: Identity | None = None
    #: The files of a multipart body, already stored.
    received: Received | None = None
    #: The keyword arguments of the call, as JSON.
    arguments: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    reply: Reply | None = None
    #: Releases the call's place; a streamed response takes it over.
    release: Any = None
