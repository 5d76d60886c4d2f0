"""The lower bound: an echo service on our kernel, and a stock nameko one as the yardstick."""

from __future__ import annotations

from services.common.runtime.main import main  # isort: skip - patches the standard library first

import sys

from nameko.rpc import rpc

from services.common.database.tables import new_metadata
from services.common.runtime.rpc_server import query
from services.common.runtime.service import Service


class Echo(Service):
    """Echoes its argument."""

    name = "echo"
    metadata = new_metadata()

    @query
    def echo(self, ident: str) -> str:
        """The argument."""
        return ident


class Yardstick:
    """Echoes its argument, on stock nameko."""

    name = "yardstick"

    @rpc
    def echo(self, ident: str) -> str:
        """The argument."""
        return ident


if __name__ == "__main__" and sys.argv[1:] == []:
    main(Echo)
