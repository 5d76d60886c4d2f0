"""Kinds of preview files, their thumbnails, and their storage keys."""

from __future__ import annotations

from typing import Final

from services.common.files.row_files import RowFiles
from services.common.files.thumbnails.order import AS_IS, Shape

PREFIX: Final = "previews"
PICTURES: Final = frozenset({"jpe", "jpeg", "jpg", "png"})
MOVIES: Final = frozenset({"avi", "m4v", "mkv", "mov", "mp4", "webm", "wmv"})
OTHERS: Final = frozenset(
    {
        "ae",
        "ai",
        "blend",
        "clip",
        "comp",
        "diff",
        "exr",
        "fbx",
        "fla",
        "flv",
        "gif",
        "glb",
        "gltf",
        "hip",
        "kra",
        "ma",
        "mb",
        "md",
        "mp3",
        "obj",
        "pdf",
        "psd",
        "psb",
        "rar",
        "rev",
        "riv",
        "sai",
        "sai2",
        "sbbkp",
        "svg",
        "swf",
        "tvpp",
        "wav",
        "zip",
    }
)
#: The extensions of stored pictures and movies.
PICTURE, MOVIE = "png", "mp4"
ORIGINAL: Final = "original"
SHAPES: Final = {
    ORIGINAL: Shape(AS_IS),
    "preview": Shape("wide", 1200),
    "thumbnail": Shape("fit", 150, 100),
    "square": Shape("fit", 100, 100),
}
#: The name of an unprocessed file that came with its comment.
RECEIVED: Final = "received"
FILES: Final = RowFiles(PREFIX, "preview_file", tuple(SHAPES), waiting=(RECEIVED,))
READY, BROKEN, PROCESSING = "ready", "broken", "processing"
