"""Settings of a local run, and the secrets it makes for itself."""

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
PROCESSES: Final = (*SERVICES, "relay", "gateway")
MOST: Final = 64


class StartError(Exception):
    """The run can't start; the message is one sentence that says what to do."""


class StoppedError(Exception):
    """Told to stop while still starting."""


class LocalSettings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """What the environment may say; everything has a default."""

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
    #: How many processes of what, such as ``tasks=3 gateway=2``; one of what is not named.
    scale: str = ""

    def __post_init__(self) -> None:
        """Refuse what ``processes`` could not read."""
        self.processes  # noqa: B018 - read to see that it can be

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment. Raises StartError naming what is malformed."""
        names = {field.encode_name for field in msgspec.structs.fields(cls)}
        given = {name: value for name, value in environ.items() if name in names and value}
        try:
            settings = msgspec.convert(given, cls, strict=False)
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
        """How many processes of each kind to run. Raises ValueError."""
        found = dict.fromkeys(PROCESSES, 1)
        for word in self.scale.split():
            name, _, number = word.partition("=")
            if name not in found or not number.isdecimal() or not 1 <= int(number) <= MOST:
                message = (
                    f"SCALE says {word!r}, where name=number was meant, with a number from 1 to "
                    f"{MOST} and a name of {', '.join(PROCESSES)}"
                )
                raise ValueError(message)
            found[name] = int(number)
        return found


class Secrets:
    """Secrets made at the first start and kept in the run folder, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "secrets.json"
        self.values: dict[str, Any] = {}
        if self.path.exists():
            self.values = json.loads(self.path.read_text())

    def get(self, name: str, length: int = 32) -> str:
        """The secret of that name, made on first need."""
        if name not in self.values:
            self.values[name] = secrets.token_hex(length // 2)
            self.keep(name, self.values[name])
        return str(self.values[name])

    def keep(self, name: str, value: Any) -> None:
        """Remember a value, such as a port that was free."""
        self.values[name] = value
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps(self.values, indent=1))
