"""nameko's container, without the log that nobody reads, and not to be ended by a message.

For each call nameko makes up an id from random bytes and prepares eight lines for a log that is off
(``log.configure``), which is a tenth of what the read of a row costs a service. What is worth
knowing of a call is in the metrics and traces.

What an extension raises around a call ends nameko's container, and the process with it. Here it is
the failure of that call, as if its method had raised it.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from nameko.containers import ServiceContainer

log = logging.getLogger(__name__)


class Container(ServiceContainer):  # type: ignore[misc]
    """Runs the calls of one service; named to nameko in ``main``."""

    def _run_worker(self, worker_ctx: Any, handle_result: Any) -> None:
        result = exc_info = None
        entrypoint = worker_ctx.entrypoint
        try:
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
            del exc_info  # breaks a cycle that else waits for the collector of garbage
            self._worker_teardown(worker_ctx)
        except Exception:
            log.exception("the end of %s failed", entrypoint.method_name)
