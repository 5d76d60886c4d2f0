"""The rows of route tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from services.common.contracts.shapes import StoredPicture


class Access(Enum):
    """The token that the gateway requires; permissions are checked by the owning service."""

    PUBLIC = "public"
    SIGNED_IN = "access"
    REFRESHING = "refresh"


PUBLIC, SIGNED_IN, REFRESHING = Access.PUBLIC, Access.SIGNED_IN, Access.REFRESHING


class Body(Enum):
    """How a route reads the request's body."""

    NONE = "none"
    #: JSON only; another content type is refused.
    JSON = "json"
    #: JSON, else form fields, else query parameters; an unreadable JSON counts as empty.
    LENIENT = "lenient"
    #: JSON of any type, or nothing.
    VALUE = "value"
    #: As LENIENT, with files: stored before the call under ``Route.files``, deleted if refused.
    MULTIPART = "multipart"


NO_OPTIONS: Final[Mapping[str, Any]] = {}
#: Where the routes are that are about the caller.
OF_CALLER: Final = ("/data/user/", "/actions/user/")


@dataclass(frozen=True)
class Route:
    """One row of a table."""

    method: str
    path: str
    rpc: str
    access: Access = SIGNED_IN
    status: int = 200
    body: Body = Body.NONE
    #: Methods of other owners that are asked at the same time, with the same arguments. Each answers
    #: an object, whose members are put together.
    joined: tuple[str, ...] = ()
    #: The type of its JSON body, and of what it answers (``services.common.contracts``). Those of
    #: generic CRUD are the resources' columns.
    takes: Any = None
    returns: Any = None
    #: Whether the query parameters are passed, as ``query``; or their type.
    query: Any = False
    #: Whether parameters may be repeated: ``query`` then holds lists.
    repeat: bool = False
    #: Whether the verified claims and the client's address are passed, as ``caller``.
    caller: bool = False
    #: Whether the caller's person is passed, as ``service.call["author"]``.
    author: bool = False
    #: Whether it gets the longer deadline (``list_deadline``): lists, and deletion of productions.
    slow: bool = False
    #: Constant arguments.
    fixed: tuple[tuple[str, Any], ...] = ()
    #: A function of ``steps.answer.ANSWERS`` that adapts the reply; ``file`` sends a file, and
    #: ``stream`` and ``poll`` are answered by ``gateway.live``.
    answer: str = ""
    #: Whether a MULTIPART route takes JSON of any type if no form is sent.
    bare: bool = False
    #: Where the files of a multipart body are stored: ``<files>/<id>``.
    files: str = "uploads"
    #: Subjects of the events that invalidate the cached answer (``gateway.answers``), such as
    #: ``person``. Empty: not cached.
    kept: tuple[str, ...] = ()
    #: Whether it reads the event log: it then waits until the caller's own events are in it.
    reads_log: bool = False
    #: Whether a GET has an effect; then a HEAD is answered without the call.
    effect: bool = False
    summary: str = ""

    @property
    def about_caller(self) -> bool:
        """Whether it is about the caller's own account, as people have one and bots don't."""
        return self.path.startswith(OF_CALLER)

    @property
    def is_live(self) -> bool:
        """Whether it is answered with events as they come, beside the usual steps."""
        return self.answer in {"stream", "poll"}

    @property
    def service(self) -> str:
        """The owning service."""
        return self.rpc.partition(".")[0]

    @property
    def function(self) -> str:
        """The RPC method."""
        return self.rpc.partition(".")[2]


def data(
    path: str, service: str, kept: tuple[str, ...] = (), update: Mapping[str, Any] = NO_OPTIONS
) -> tuple[Route, ...]:
    """The five routes of a resource of generic CRUD.

    ``kept`` applies to its list, ``update`` are options of its PUT.
    """
    rpc, row_path = f"{service}.", f"/data/{path}/{{ident}}"
    fixed = (("path", path),)
    return (
        Route(
            "GET", f"/data/{path}", rpc + "list_rows", query=True, slow=True, fixed=fixed, kept=kept
        ),
        Route("POST", f"/data/{path}", rpc + "create_row", body=Body.JSON, fixed=fixed),
        Route("GET", row_path, rpc + "read_row", query=True, fixed=fixed),
        Route("PUT", row_path, rpc + "update_row", body=Body.JSON, fixed=fixed, **update),
        Route(
            "DELETE", row_path, rpc + "delete_row", status=204, query=True, slow=True, fixed=fixed
        ),
    )


def avatar(kind: str, service: str) -> tuple[Route, ...]:
    """The two routes of a resource's avatars."""
    path, fixed = f"/pictures/thumbnails/{kind}", (("kind", kind),)
    return (
        Route("GET", path + "/{file}", f"{service}.send_avatar", answer="file", fixed=fixed),
        Route(
            "POST",
            path + "/{ident}",
            f"{service}.upload_avatar",
            status=201,
            slow=True,
            body=Body.MULTIPART,
            fixed=fixed,
            returns=StoredPicture,
        ),
    )
