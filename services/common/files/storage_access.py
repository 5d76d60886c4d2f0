"""Access to the file storage and to uploads during a call, without blocking eventlet's hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Final, cast

import msgspec
from eventlet import tpool

from services.common.access.context import CallContext
from services.common.config import FileSettings
from services.common.database.transaction import refuse_in_transaction
from services.common.errors import InvalidInput
from services.common.files.storage import Storage, Upload, open_storage
from services.common.files.thumbnails.client import (
    PictureBroken,
    PictureTooLarge,
    Rendered,
    rendered,
)
from services.common.files.thumbnails.order import Shape
from services.common.json_types import JsonObject

#: The prefix of raw uploads, which are processed or copied, then deleted.
UPLOADS: Final = "uploads"


class OffTheHub:
    """A proxy whose methods run on real threads, with the request's context for logs and traces."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.target, name)
        what = f"{type(self.target).__name__}.{name}"

        def run(*args: Any, **kwargs: Any) -> Any:
            refuse_in_transaction(what)
            return tpool.execute(copy_context().run, method, *args, **kwargs)

        return run


def storage_of(ctx: CallContext) -> Storage:
    """The file storage, with methods that run on real threads and don't block the hub.

    They raise RuntimeError inside an open transaction: a store may take minutes. Not for methods
    that return iterators: those would be consumed on the hub.
    """
    settings = cast("FileSettings", ctx.settings)  # every service that stores files has them
    return cast("Storage", OffTheHub(open_storage(settings.storage_url)))


def the_file(files: list[JsonObject]) -> Upload:
    """The part called ``file``. Raises InvalidInput without one."""
    for upload in msgspec.convert(files, list[Upload]):
        if upload.part == "file":
            return upload
    message = "File not provided."
    raise InvalidInput(message)


@contextmanager
def rendered_upload(ctx: CallContext, key: str, shapes: Mapping[str, Shape]) -> Iterator[Rendered]:
    """Thumbnails of an uploaded picture. Raises InvalidInput if it can't be decoded."""
    try:
        with rendered(storage_of(ctx), key, shapes) as picture:
            yield picture
    except (PictureBroken, PictureTooLarge):
        message = "The file is not a picture that can be read."
        raise InvalidInput(message) from None
