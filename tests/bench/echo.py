"""The floor: a service of ours that only answers, and the stock one that is the yardstick."""

from __future__ import annotations

from services.common.runtime.main import main  # isort: skip - patches the standard library first

import sys

from nameko.rpc import rpc

from services.common.database.tables import new_metadata
from services.common.runtime.rpc_server import query
from services.common.runtime.service import Service


class Echo(Service):
    """Answers what it is asked."""

    name = "echo"
    metadata = new_metadata()

    @query
    def echo(self, ident: str) -> str:
        """The argument."""
        return ident


class Yardstick:
    """The same with stock nameko."""

    name = "yardstick"

    @rpc
    def echo(self, ident: str) -> str:
        """The argument."""
        return ident


if __name__ == "__main__" and sys.argv[1:] == []:
    main(Echo)
