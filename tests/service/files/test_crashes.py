"""Whenever the process dies: no file is lost, no row is without its file, no object stays unowned.

Each method that writes files is run once for each of its steps, and dies there, before or after the
step. What the rows say is checked then; the request is repeated, or the event comes again; and what
is left over is swept.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from PIL import Image

from services.common.errors import NotFound
from services.common.files.storage import open_storage
from tests.desk import Desk
from tests.service.conftest import MakeService
from tests.service.files.crashing import AFTER, BEFORE, CrashingProcess, objects
from tests.service.one_service import OneService
from tests.service.tasks.commenting import body
from tests.service.tasks.conftest import fake_replies
from tests.world import World

EVERYTHING = -60.0
"""Seconds of age that what was stored just now has reached, too."""


def picture(kind: str = "PNG") -> bytes:
    """A small picture."""
    written = io.BytesIO()
    Image.new("RGB", (9, 9), "teal").save(written, kind)
    return written.getvalue()


@dataclass
class Scene:
    """A service with its storage, and what the method under test is about."""

    service: OneService
    world: World
    #: ``tasks``, which sweeps the uploads of all services.
    sweeper: OneService
    at: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where objects are."""
        result: Any = self.service.instance().settings
        return Path(urlsplit(result.storage_url).path)

    def upload(self, prefix: str, name: str, content: bytes, part: str = "file") -> dict[str, Any]:
        """What the gateway has stored, and says of it."""
        ident = str(uuid4())
        open_storage(f"file://{self.folder}").put(f"{prefix}/{ident}", content)
        return {
            "id": ident,
            "part": part,
            "name": name,
            "extension": name.rpartition(".")[2],
            "size": len(content),
            "mimetype": "application/octet-stream",
        }

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        return key in objects(self.folder)

    def sent(self, method: str, **arguments: Any) -> bool:
        """Whether a file that a row promises is there; False if no row promises one."""
        try:
            answer = self.service.call("admin", method, **arguments)
        except NotFound:
            return False
        assert self.has(answer["key"]), f"{method} {arguments}: no object {answer['key']}"
        return True

    def handle_received(self) -> None:
        """The event of a preview's file, as often as it was published."""
        for name, payload in self.service.emitted():
            if name == "preview-file:received":
                self.service.deliver(name, payload)

    def remove_gone(self) -> None:
        """The events of deleted rows."""
        for name, payload in self.service.emitted():
            if name == "rows:gone":
                self.service.deliver(name, payload)

    def sweep(self) -> None:
        """As if everything were old."""
        for service in {self.service.name: self.service, "tasks": self.sweeper}.values():
            service.instance().sweep(EVERYTHING)


class Method:
    """A method that writes files."""

    service = "tasks"
    #: How many objects there are at last.
    objects = 1
    #: Whether it takes an uploaded file in.
    takes_file = True

    def prepare(self, scene: Scene) -> None:
        """What was there before."""

    def run(self, scene: Scene) -> None:
        """The request, or the event."""
        raise NotImplementedError

    def check(self, scene: Scene) -> bool:
        """Check that rows promise only what is there; returns whether the work is done."""
        raise NotImplementedError

    def still_possible(self, scene: Scene) -> bool:
        """Whether what was uploaded is there still."""
        return not self.takes_file or scene.has(f"uploads/{scene.at['file']['id']}")


class PreviewUpload(Method):
    """The file of an announced preview."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects = 4 if name.endswith("jpg") else 1

    def prepare(self, scene: Scene) -> None:
        at = {"task_id": scene.world.task, "comment_id": scene.world.comment}
        scene.at["preview"] = scene.service.call("admin", "add_preview", **at, data={})["id"]
        scene.at["file"] = scene.upload("uploads", self.name, picture("JPEG"))

    def run(self, scene: Scene) -> None:
        arguments = {"ident": scene.at["preview"], "data": {}, "files": [scene.at["file"]]}
        scene.service.call("admin", "upload_preview", **arguments)

    def check(self, scene: Scene) -> bool:
        (row,) = scene.service.rows("preview_file", id=scene.at["preview"])
        if row["status"] != "ready":
            return False
        name = f"{row['id']}.{row['extension']}"
        assert scene.sent("send_original", file=name)
        if row["extension"] == "png":
            for shape in ("original", "preview", "thumbnail", "square"):
                assert scene.sent("send_picture", file=name, shape=shape)
        return True


class CommentedPreview(Method):
    """A file that came with its comment, and the event that has it processed."""

    objects = 2

    def prepare(self, scene: Scene) -> None:
        files = [
            scene.upload("attachments", "a.mov", b"moving", "preview_file-0"),
            scene.upload("attachments", "b.txt", b"text", "attachment_file-0"),
        ]
        scene.at["files"], scene.at["file"] = files, files[0]

    def run(self, scene: Scene) -> None:
        if not self._comments(scene):
            said = body(scene.world, text="look")  # type: ignore[arg-type]
            said["text"] = said.pop("comment")
            arguments = {"data": {"comments": [said]}, "files": scene.at["files"]}
            scene.service.call("admin", "batch_comment", task_id=scene.world.task, **arguments)
        scene.handle_received()

    @staticmethod
    def _comments(scene: Scene) -> list[dict[str, Any]]:
        return scene.service.rows("comment", text="look")

    def check(self, scene: Scene) -> bool:
        for comment in self._comments(scene):
            for file in scene.service.rows("attachment_file", comment_id=comment["id"]):
                assert scene.sent("send_attachment", ident=str(file["id"]), name="b.txt")
            (link,) = scene.service.rows("comment_preview_link", comment=comment["id"])
            (row,) = scene.service.rows("preview_file", id=link["preview_file"])
            if row["status"] == "ready":
                return scene.sent("send_movie", file=f"{row['id']}.mp4")
            assert row["status"] == "processing"
            assert scene.has(f"previews/{row['id']}/received")
        return False

    def still_possible(self, scene: Scene) -> bool:
        keys = [f"attachments/{file['id']}" for file in scene.at["files"]]
        return bool(self._comments(scene)) or all(scene.has(key) for key in keys)


class AvatarUpload(Method):
    """A new avatar in the place of another."""

    def __init__(self, service: str, kind: str, table: str) -> None:
        self.service, self.kind, self.table = service, kind, table

    def prepare(self, scene: Scene) -> None:
        scene.at["id"] = scene.world.tables[self.table][0]["id"]
        scene.at["file"] = scene.upload("uploads", "first.png", picture())
        self.run(scene)
        scene.at["first"] = self._key(scene)
        scene.at["file"] = scene.upload("uploads", "second.png", picture())

    def run(self, scene: Scene) -> None:
        arguments = {"kind": self.kind, "ident": scene.at["id"], "data": {}}
        scene.service.call("admin", "upload_avatar", **arguments, files=[scene.at["file"]])

    def _key(self, scene: Scene) -> str:
        arguments = {"kind": self.kind, "file": f"{scene.at['id']}.png"}
        key: str = scene.service.call("admin", "send_avatar", **arguments)["key"]
        return key

    def check(self, scene: Scene) -> bool:
        key = self._key(scene)
        assert scene.has(key)
        return key != scene.at["first"]


class AvatarClear(AvatarUpload):
    """An avatar taken away."""

    objects, takes_file = 0, False

    def prepare(self, scene: Scene) -> None:
        scene.at["id"] = scene.world.tables[self.table][0]["id"]
        scene.at["file"] = scene.upload("uploads", "first.png", picture())
        super().run(scene)

    def run(self, scene: Scene) -> None:
        scene.service.call("admin", "clear_avatar", kind=self.kind, ident=scene.at["id"])

    def check(self, scene: Scene) -> bool:
        return not scene.sent("send_avatar", kind=self.kind, file=f"{scene.at['id']}.png")


class BackgroundUpload(Method):
    """A new file of a background that has one."""

    service = "crud"
    objects = 2

    def prepare(self, scene: Scene) -> None:
        scene.at["id"] = scene.world.tables["preview_background_file"][0]["id"]
        scene.at["file"] = scene.upload("uploads", "first.hdr", b"#?RADIANCE")
        self.run(scene)
        scene.at["file"] = scene.upload("uploads", "second.png", picture())

    def run(self, scene: Scene) -> None:
        arguments = {"ident": scene.at["id"], "data": {}, "files": [scene.at["file"]]}
        scene.service.call("admin", "upload_background", **arguments)

    def check(self, scene: Scene) -> bool:
        (row,) = scene.service.rows("preview_background_file", id=scene.at["id"])
        assert scene.sent("send_background", file=f"{row['id']}.{row['extension']}")
        if row["extension"] != "png":
            return False
        return scene.sent("send_background_thumbnail", file=f"{row['id']}.png")


class PreviewDelete(PreviewUpload):
    """A preview that is deleted with its files, by an event."""

    takes_file = False

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.objects = 0

    def prepare(self, scene: Scene) -> None:
        super().prepare(scene)
        super().run(scene)

    def run(self, scene: Scene) -> None:
        if scene.service.rows("preview_file", id=scene.at["preview"]):
            arguments = {"path": "preview-files", "ident": scene.at["preview"]}
            scene.service.call("admin", "delete_row", **arguments)
        scene.remove_gone()

    def check(self, scene: Scene) -> bool:
        if scene.service.rows("preview_file", id=scene.at["preview"]):
            super().check(scene)
            return False
        return True


class Attachment(Method):
    """A file attached to a comment."""

    def prepare(self, scene: Scene) -> None:
        scene.at["file"] = scene.upload("attachments", "a.txt", b"text")
        scene.at["comment"] = {"task_id": scene.world.task, "comment_id": scene.world.comment}

    def run(self, scene: Scene) -> None:
        arguments = {"data": {}, "files": [scene.at["file"]]}
        scene.service.call("admin", "add_attachments", **scene.at["comment"], **arguments)

    def check(self, scene: Scene) -> bool:
        return scene.sent("send_attachment", ident=scene.at["file"]["id"], name="a.txt")

    def still_possible(self, scene: Scene) -> bool:
        return scene.has(f"attachments/{scene.at['file']['id']}")


class AttachmentDelete(Attachment):
    """An attached file that is taken off its comment, and deleted by an event."""

    objects = 0

    def prepare(self, scene: Scene) -> None:
        super().prepare(scene)
        super().run(scene)

    def run(self, scene: Scene) -> None:
        ident = scene.at["file"]["id"]
        if scene.service.rows("attachment_file", id=ident):
            arguments = {**scene.at["comment"], "attachment_id": ident}
            scene.service.call("admin", "delete_attachment", **arguments)
        scene.remove_gone()

    def check(self, scene: Scene) -> bool:
        return not super().check(scene)

    def still_possible(self, scene: Scene) -> bool:
        return bool(scene.at)


class MessageFile(Attachment):
    """A file of a chat message, which ``chat`` stores afterwards."""

    def run(self, scene: Scene) -> None:
        arguments = {"message_id": scene.at["file"]["id"], "files": [scene.at["file"]]}
        scene.service.call("admin", "attach_to_message", **arguments)


class MessageDelete(MessageFile):
    """A chat message that is deleted with its file, by events."""

    objects = 0

    def prepare(self, scene: Scene) -> None:
        super().prepare(scene)
        super().run(scene)

    def run(self, scene: Scene) -> None:
        gone = {"chat_id": scene.world.chat, "chat_message_id": scene.at["file"]["id"]}
        scene.service.deliver("chat:deleted-message", {**gone, "last_message": None})
        scene.remove_gone()

    def check(self, scene: Scene) -> bool:
        return not super().check(scene)

    def still_possible(self, scene: Scene) -> bool:
        return bool(scene.at)


METHODS = {
    "an attachment": Attachment(),
    "a removed attachment": AttachmentDelete(),
    "a message's file": MessageFile(),
    "a deleted message": MessageDelete(),
    "a picture": PreviewUpload("a.jpg"),
    "a movie": PreviewUpload("a.mov"),
    "a preview with its comment": CommentedPreview(),
    "a person's avatar": AvatarUpload("auth", "persons", "person"),
    "the studio's avatar": AvatarUpload("auth", "organisations", "organisation"),
    "a production's avatar": AvatarUpload("crud", "projects", "project"),
    "a cleared avatar": AvatarClear("auth", "persons", "person"),
    "a background": BackgroundUpload(),
    "a deleted preview": PreviewDelete("a.jpg"),
}


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> CrashingProcess:
    """Crashes only within ``running_until``."""
    return CrashingProcess(monkeypatch)


@pytest.fixture
def scenes(make_service: MakeService) -> Any:
    """Begins anew: ``scenes(method)``."""

    def begin(method: Method) -> Scene:
        world = Desk()
        service = make_service(method.service)
        service.fakes.replies |= fake_replies(world) | {
            "crud.sets_main_previews": True,
            "assets.list_entities_in_brief": {},
        }
        service.fill(world)
        scene = Scene(service, world, make_service("tasks"))
        for key in objects(scene.folder):
            (scene.folder / key).unlink()
        method.prepare(scene)
        return scene

    return begin


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("name", METHODS)
def test_a_crash_at_any_step_loses_no_file(
    scenes: Any, process: CrashingProcess, name: str, when: str
) -> None:
    """Before or after each step: the storage's calls, and the commits."""
    method = METHODS[name]
    for fatal in itertools.count():
        scene = scenes(method)
        with process.running_until(fatal, when):
            method.run(scene)
        done = method.check(scene)
        if not done:
            assert method.still_possible(scene), f"the file is lost, at step {fatal}"
            method.run(scene)
            assert method.check(scene)
        scene.remove_gone()
        scene.sweep()
        assert method.check(scene), f"the sweep took too much, at step {fatal}"
        assert len(objects(scene.folder)) == method.objects, objects(scene.folder)
        if not process.ended:
            break
    assert fatal > 0
