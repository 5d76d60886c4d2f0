"""Keys of stored objects."""

from __future__ import annotations

from uuid import uuid4

from services.common.files.row_files import RowFiles

ROW, UPLOAD = uuid4(), uuid4()
PREVIEWS = RowFiles("previews", "preview_file", ("original", "square"), waiting=("received",))


def test_a_key_names_prefix_row_upload_and_file() -> None:
    """Objects of imports have no upload; those without names are the row's only ones."""
    assert PREVIEWS.key(ROW, "square", UPLOAD) == f"previews/{ROW}/{UPLOAD}/square"
    assert PREVIEWS.key(ROW, "square") == f"previews/{ROW}/square"
    assert RowFiles("attachments", "attachment_file").key(ROW) == f"attachments/{ROW}"


def test_two_uploads_have_no_key_in_common() -> None:
    """An object never changes: caches may keep it."""
    assert not set(PREVIEWS.keys(ROW, UPLOAD)) & set(PREVIEWS.keys(ROW, uuid4()))


def test_an_upload_has_a_key_for_each_file() -> None:
    """Not for those that wait to be processed."""
    assert PREVIEWS.keys(ROW, UPLOAD) == [
        f"previews/{ROW}/{UPLOAD}/original",
        f"previews/{ROW}/{UPLOAD}/square",
    ]
