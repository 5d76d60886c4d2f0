"""The entry point of all images: replaces itself with the process that ``SERVICE`` names."""

import os
import sys
from typing import Final

#: Arguments of ``python -m``; any other name is a service.
MODULES: Final = {
    "gateway": ("gunicorn", "-c", "deploy/gunicorn.conf.py", "gateway.asgi:app"),
    "relay": ("services.common.events.relay",),
    "webhooks": ("services.crud.webhooks.sender",),
    "prepare": ("deploy.prepare",),
}


def command(service: str) -> list[str]:
    """The command line of a process."""
    return [sys.executable, "-m", *MODULES.get(service, (f"services.{service}",))]


if __name__ == "__main__":
    line = [*command(os.environ["SERVICE"]), *sys.argv[1:]]
    # exec, so that signals of the container runtime reach the process itself.
    os.execv(line[0], line)  # noqa: S606 - a fixed command
