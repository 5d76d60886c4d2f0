"""Become the process that this image is for: ``SERVICE`` names it."""

import os
import sys
from typing import Final

#: What ``python -m`` is given; any other name is that of a service.
MODULES: Final = {
    "gateway": ("gunicorn", "-c", "deploy/gunicorn.conf.py", "gateway.asgi:app"),
    "relay": ("services.common.events.relay",),
    "prepare": ("deploy.prepare",),
}


def command(service: str) -> list[str]:
    """The command line of a process."""
    return [sys.executable, "-m", *MODULES.get(service, (f"services.{service}",))]


if __name__ == "__main__":
    line = [*command(os.environ["SERVICE"]), *sys.argv[1:]]
    os.execv(line[0], line)  # noqa: S606 - a fixed command of ours
