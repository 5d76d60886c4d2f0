"""nameko's container without its worker log, and robust against exceptions in extensions.

For each call stock nameko generates a random id and formats eight log lines for a logger that is
off (``log.configure``): a tenth of what reading a row costs a service. Calls are in the metrics and
traces instead.

An exception in an extension ends nameko's own container, and the process with it. Here it is the
failure of that call, as if its method had raised it.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from nameko.containers import ServiceContainer

if TYPE_CHECKING:
    from services.common.runtime.inbox_listener import InboxListener

log = logging.getLogger(__name__)


class Container(ServiceContainer):  # type: ignore[misc]
    """Runs the calls of one service; ``main`` configures nameko to use it."""

    #: For handlers that gather events; set when the extensions are set up.
    listener: InboxListener

    def _run_worker(self, worker_ctx: Any, handle_result: Any) -> None:
        result = exc_info = None
        entrypoint = worker_ctx.entrypoint
        try:
            # Inside the try block, unlike nameko's: a dependency that raises must fail this call
            # only.
            self._inject_dependencies(worker_ctx)
            self._worker_setup(worker_ctx)
            method = getattr(worker_ctx.service, entrypoint.method_name)
            result = method(*worker_ctx.args, **worker_ctx.kwargs)
        except Exception as error:
            if not isinstance(error, entrypoint.expected_exceptions):
                log.exception("%s failed", entrypoint.method_name)
            exc_info = sys.exc_info()
        try:
            if handle_result is not None:
                result, exc_info = handle_result(worker_ctx, result, exc_info)
            self._worker_result(worker_ctx, result, exc_info)
            del exc_info  # breaks a reference cycle (traceback and frame)
            self._worker_teardown(worker_ctx)
        except Exception:
            log.exception("the end of %s failed", entrypoint.method_name)
