"""Import of files from another store's folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PIL import Image

from deploy.transfer.files import copy_files
from deploy.transfer.report import Report
from deploy.transfer.target import Target
from tests.running import Caller, System
from tests.world import World, ident


def test_files_are_matched_to_rows_by_the_ids_in_their_names(
    system: System, world: World, admin: Caller, tmp_path: Path
) -> None:
    """In any folders; repeating it copies nothing; files without a row are listed."""
    for left in system.storage.rglob("*"):  # rows have the same ids in every test
        if left.is_file():
            left.unlink()
    attached = world.add(
        "attachment_file",
        "notes",
        name="notes.txt",
        extension="txt",
        size=5,
        mimetype="text/plain",
        comment_id=world.comment,
    )
    shown = next(p for p in world.tables["preview_file"] if p["id"] == world.preview)
    shown |= {"extension": "png", "status": "ready", "task_id": world.task}
    lost = world.add("attachment_file", "lost", name="lost.txt", comment_id=world.comment)
    person = next(p for p in world.tables["person"] if p["id"] == world.people["artist"])
    person["has_avatar"] = True
    system.load(world.tables)
    old = tmp_path / "old" / "ab" / "cd"
    old.mkdir(parents=True)
    (old / f"attachments-{attached}").write_bytes(b"hello")
    Image.new("RGB", (300, 200), "red").save(old / f"original-{world.preview}", "PNG")
    Image.new("RGB", (30, 20), "blue").save(old / f"thumbnails-{world.preview}", "PNG")
    Image.new("RGB", (64, 64), "green").save(old / f"thumbnails-{person['id']}", "PNG")
    (old / f"original-{ident('nobody')}").write_bytes(b"?")
    storage = f"file://{system.storage}"
    target = Target(system.parts.urls, system.parts.amqp_uri, {}, system.base, storage)

    report = Report(tmp_path / "report.jsonl")
    done = copy_files(target, tmp_path / "old", report, lambda _count: None)
    report.close()

    assert (done.copied, done.missing, done.unused) == (3, 1, 1)
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    named = {(line["what"], line.get("key")): line.get("value") for line in lines}
    assert named["copied file", attached] == hashlib.sha256(b"hello").hexdigest()
    assert ("missing file", lost) in named
    assert admin.get(f"/data/attachment-files/{attached}/file/x").content == b"hello"
    for path in (
        f"/pictures/originals/preview-files/{world.preview}.png",
        f"/pictures/thumbnails/preview-files/{world.preview}.png",
        f"/pictures/thumbnails/persons/{person['id']}.png",
    ):
        assert admin.get(path).status_code == 200, path
    again = copy_files(target, tmp_path / "old", Report(), lambda _count: None)
    assert (again.copied, again.present) == (0, 3)
