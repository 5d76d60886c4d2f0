"""The file storage as a running call reaches it: off the hub, and with uploads read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Final, cast

import msgspec
from eventlet import tpool

from services.common.access.context import CallContext
from services.common.config import FileSettings
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

#: Where a file lies that becomes something else; nothing is meant to stay there.
UPLOADS: Final = "uploads"


class OffTheHub:
    """An object whose methods run on threads of their own, with our request's id in their logs."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.target, name)

        def run(*args: Any, **kwargs: Any) -> Any:
            return tpool.execute(copy_context().run, method, *args, **kwargs)

        return run


def storage_of(ctx: CallContext) -> Storage:
    """The file storage; each of its methods runs on a thread of its own while the hub goes on.

    Only for what answers at once or not at all: no iterator may cross over.
    """
    settings = cast("FileSettings", ctx.settings)  # of every service that keeps files
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
    """Shapes of an upload that is to be a picture. Raises InvalidInput for one that is none."""
    try:
        with rendered(storage_of(ctx), key, shapes) as picture:
            yield picture
    except (PictureBroken, PictureTooLarge):
        message = "The file is not a picture that can be read."
        raise InvalidInput(message) from None
