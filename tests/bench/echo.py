"""The floor: a service of ours that only answers, and the stock one that is the yardstick."""

from __future__ import annotations

from services.common.main import main  # isort: skip - patches the standard library first

import sys

from nameko.rpc import rpc

from services.common.rpc import query
from services.common.service import Service
from services.common.tables import new_metadata


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
