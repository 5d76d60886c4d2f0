"""The kinds of refusal that cross RPC.

A service raises one of these; the caller, wherever it runs, gets the same kind back. None of them
knows HTTP: the gateway keeps the one table that does (``gateway/errors.py``). An error travels as
``{"kind", "message", "data"}``, so it is read the same by any RPC client.
"""

from __future__ import annotations

from typing import ClassVar

from services.common.json_types import JsonObject


class ServiceError(Exception):
    """A refusal with a sentence for people and, where it helps, data for programs."""

    kind: ClassVar[str] = "error"
    kinds: ClassVar[dict[str, type[ServiceError]]] = {}

    def __init__(self, message: str = "", data: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def __init_subclass__(cls, *, kind: str) -> None:
        """Enter the class under its wire name; two classes of one name are a mistake."""
        super().__init_subclass__()
        if kind in ServiceError.kinds:
            message = f"error kind {kind!r} declared twice"
            raise TypeError(message)
        cls.kind = kind
        ServiceError.kinds[kind] = cls

    def as_dict(self) -> JsonObject:
        """Builtins for the wire; ``build`` is its inverse."""
        return {"kind": self.kind, "message": self.message, "data": self.data}

    @staticmethod
    def build(raw: JsonObject) -> ServiceError:
        """Rebuild the error another process raised; an unknown kind becomes Unavailable."""
        kind = str(raw.get("kind"))
        cls = (
            ServiceError if kind == ServiceError.kind else ServiceError.kinds.get(kind, Unavailable)
        )
        return cls(str(raw.get("message", "")), raw.get("data"))


class InvalidInput(ServiceError, kind="invalid-input"):
    """The request is not what the route takes; ``data["errors"]`` lists the fields, if any."""


def invalid_fields(faults: list[dict[str, str]]) -> InvalidInput:
    """The refusal of fields of a body: ``{"field", "message"}`` for each."""
    return InvalidInput("Validation error.", {"errors": faults})


def invalid_field(field: str, message: str) -> InvalidInput:
    """The refusal of one field."""
    return invalid_fields([{"field": field, "message": message}])


class Integrity(ServiceError, kind="integrity"):
    """The data would break a rule of the tables: unique, reference, required, format."""


class Refused(ServiceError, kind="refused"):
    """The request is well formed, but the rules of the studio say no; ``data`` joins the body."""


class Unauthenticated(ServiceError, kind="unauthenticated"):
    """Missing, invalid or revoked credentials."""


class Forbidden(ServiceError, kind="forbidden"):
    """The caller is known and lacks the right; the message names what was required."""


class NotFound(ServiceError, kind="not-found"):
    """Nothing there, or nothing the caller may know of."""


class Conflict(ServiceError, kind="conflict"):
    """The same idempotent request is still running."""


class KeyReused(ServiceError, kind="key-reused"):
    """An idempotency key came back with another request."""


class TooMany(ServiceError, kind="too-many"):
    """The caller tries too often; ``data["seconds"]`` says when it may again."""


class Unavailable(ServiceError, kind="unavailable"):
    """A part of the system is away or too slow; nothing was decided, try again."""
