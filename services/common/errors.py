"""The errors that cross RPC.

A service raises one of these, and the caller's RPC client raises the same kind again. None of them
knows HTTP: the gateway maps kinds to statuses (``gateway/errors.py``). On the wire an error is
``{"kind", "message", "data"}``.
"""

from __future__ import annotations

from typing import ClassVar

from services.common.json_types import JsonObject


class ServiceError(Exception):
    """An error with a message for people and, where it helps, data for programs."""

    kind: ClassVar[str] = "error"
    kinds: ClassVar[dict[str, type[ServiceError]]] = {}

    def __init__(self, message: str = "", data: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def __init_subclass__(cls, *, kind: str) -> None:
        """Register the class under its kind. Raises TypeError for a duplicate."""
        super().__init_subclass__()
        if kind in ServiceError.kinds:
            message = f"error kind {kind!r} declared twice"
            raise TypeError(message)
        cls.kind = kind
        ServiceError.kinds[kind] = cls

    def as_dict(self) -> JsonObject:
        """The error as JSON-compatible builtins; ``build`` is the inverse."""
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
    """The request is invalid; ``data["errors"]`` lists the fields, if any."""


def invalid_fields(faults: list[dict[str, str]]) -> InvalidInput:
    """A validation error of several fields: ``{"field", "message"}`` for each."""
    return InvalidInput("Validation error.", {"errors": faults})


def invalid_field(field: str, message: str) -> InvalidInput:
    """A validation error of one field."""
    return invalid_fields([{"field": field, "message": message}])


class Integrity(ServiceError, kind="integrity"):
    """The data violates a constraint: unique, reference, not null, check, or format."""


class Refused(ServiceError, kind="refused"):
    """The request is valid, but a rule of the domain forbids it; ``data`` joins the body."""


class Unauthenticated(ServiceError, kind="unauthenticated"):
    """Missing, invalid or revoked credentials."""


class Forbidden(ServiceError, kind="forbidden"):
    """The caller lacks a permission; the message names the rule."""


class NotFound(ServiceError, kind="not-found"):
    """There is no such row, or its existence is hidden from the caller."""


class NotAllowed(ServiceError, kind="not-allowed"):
    """Nothing is sent to this address, only read from it."""


class Conflict(ServiceError, kind="conflict"):
    """The same idempotent request is still running."""


class KeyReused(ServiceError, kind="key-reused"):
    """An idempotency key was reused for a different request."""


class TooMany(ServiceError, kind="too-many"):
    """Rate limit exceeded; ``data["seconds"]`` is how long to wait."""


class Unavailable(ServiceError, kind="unavailable"):
    """A dependency is unavailable or too slow; the caller may retry."""


class MethodUnknown(ServiceError, kind="method-unknown"):
    """The service has no such method; the caller may be of a newer release."""
