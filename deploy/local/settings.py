"""Settings of a local run, and its generated secrets."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import msgspec

from services.common.config import ConfigError, check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES: Final = ("auth", "assets", "tasks", "chat", "crud")
STARTER_SET, NO_STARTER_SET = "usual", "none"
PROCESSES: Final = (*SERVICES, "relay", "webhooks", "gateway")
MOST: Final = 64


class StartError(Exception):
    """The run can't start; the message is one sentence that says what to do."""


class StoppedError(Exception):
    """The run was stopped while it was starting."""


class LocalSettings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """The environment of a local run; everything has a default."""

    http_port: int = 8080
    #: A role that may create roles and schemas; empty means the embedded PostgreSQL.
    database_url: str = ""
    #: Empty means a private RabbitMQ node.
    amqp_uri: str = ""
    secret_key: str = ""
    encryption_key: str = ""
    #: Empty means the port on this machine.
    site_url: str = ""
    #: Empty means a folder below ``run_dir``, see ``services.auth.config``.
    mail_url: str = ""
    admin_email: str = "admin@example.com"
    admin_password: str = ""
    #: What an empty system is given at its first start: ``usual``, or ``none``.
    starter_set: Literal["usual", "none"] = "usual"
    run_dir: str = ".run"
    storage_url: str = ""
    #: Numbers of processes, such as ``tasks=3 gateway=2``; 1 for those not named.
    scale: str = ""

    def __post_init__(self) -> None:
        """Validate ``scale``. Raises ValueError."""
        self.processes  # noqa: B018 - parsed here so that a malformed value stops the start

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment. Raises StartError naming the malformed variable."""
        names = {field.encode_name for field in msgspec.structs.fields(cls)}
        # An empty variable counts as unset, as with ``make run HTTP_PORT=``.
        values = {name: value for name, value in environ.items() if name in names and value}
        try:
            settings = msgspec.convert(values, cls, strict=False)
            for name in ("secret_key", "encryption_key"):
                if secret := getattr(settings, name):
                    check_secret(secret, name.upper())
        except msgspec.ValidationError as error:
            message = f"A setting is malformed: {error}."
            raise StartError(message) from None
        except ConfigError as error:
            raise StartError(str(error)) from None
        return settings

    @property
    def folder(self) -> Path:
        """The run folder, absolute."""
        return Path(self.run_dir).expanduser().resolve()

    @property
    def processes(self) -> dict[str, int]:
        """The number of processes by name. Raises ValueError."""
        numbers = dict.fromkeys(PROCESSES, 1)
        for word in self.scale.split():
            name, _, number = word.partition("=")
            if name not in numbers or not number.isdecimal() or not 1 <= int(number) <= MOST:
                message = (
                    f"SCALE has {word!r}: expected name=number with a number from 1 to {MOST} and "
                    f"one of the names {', '.join(PROCESSES)}"
                )
                raise ValueError(message)
            numbers[name] = int(number)
        return numbers


class Secrets:
    """Secrets generated at the first start, in a file of the run folder that only its owner reads.

    Also holds other values that the next start needs, such as the broker's ports.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "secrets.json"
        self.values: dict[str, Any] = {}
        if self.path.exists():
            self.values = json.loads(self.path.read_text())

    def get(self, name: str, length: int = 32) -> str:
        """The secret of that name, generated on first use; ``length`` hexadecimal digits."""
        if name not in self.values:
            self.values[name] = secrets.token_hex(length // 2)
            self.keep(name, self.values[name])
        return str(self.values[name])

    def keep(self, name: str, value: Any) -> None:
        """Store a value under a name."""
        self.values[name] = value
        # Created with its mode before anything is written to it.
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps(self.values, indent=1))
