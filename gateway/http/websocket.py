"""uvicorn's WebSocket protocol, with a limit to how long a client may read nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from gateway.http.protocol import CONNECTION, RATE, UNREAD_SECONDS

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from wsproto.events import Request


class BoundedWebSocket(WSProtocol):
    """A connection that was upgraded; uvicorn loads this class through its setting ``ws``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread_timer: TimerHandle | None = None

    def handle_connect(self, event: Request) -> None:
        """Tell the application the transport, before it starts."""
        super().handle_connect(event)
        scope = cast("dict[str, Any]", self.scope)
        scope[CONNECTION] = self.transport

    def pause_writing(self) -> None:
        """Start the timer of what the client reads too slowly."""
        super().pause_writing()
        allowed = UNREAD_SECONDS + self.transport.get_write_buffer_size() / RATE
        self._unread_timer = self.loop.call_later(allowed, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel that timer: the client has caught up."""
        self._cancel()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel it, too."""
        self._cancel()
        super().connection_lost(exc)

    def _cancel(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
