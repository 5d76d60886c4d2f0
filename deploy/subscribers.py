"""``make subscriber``, ``subscribers``, ``subscriber-revoke``: programs' accounts at the broker.

Of the local run, or of the system that the environment names; ``services.crud.subscribers`` does
the work, in images, too.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from deploy.local.settings import StartError
from deploy.transfer.report import TransferError
from deploy.transfer.target import Target
from services.crud.subscribers import __main__ as command
from services.crud.subscribers.accounts import NoAccountError
from services.crud.subscribers.management import ManagementError
from services.crud.subscribers.orders import OrderError

if TYPE_CHECKING:
    from collections.abc import Mapping


def main(action: str, environ: Mapping[str, str]) -> str:
    """Do it, and return what to print.

    Raises OrderError, NoAccountError, ManagementError, TransferError, StartError.
    """
    target = Target.load(environ)
    reached = {"AMQP_URI": target.amqp_uri, "CRUD_DATABASE_URL": target.urls["crud"]}
    return command.main([action], {**target.environ, **reached})


if __name__ == "__main__":
    try:
        print(main(sys.argv[1], os.environ))
    except NoAccountError as error:
        sys.exit(f"There is no account {error}.")
    except (OrderError, ManagementError, TransferError, StartError) as error:
        sys.exit(str(error))
