"""Attachments, previews and the playlists they are shown in."""

from __future__ import annotations

import json
from pathlib import Path

import gazu
from PIL import Image

from tests.system.day.script import Day, Step, fails, ids, refused


def attach_files(day: Day) -> None:
    task, note = gazu.task, day.folder / "note.txt"
    note.write_text("thin the mesh")
    day.noted = task.add_comment(
        day.modeling, day.statuses["wfa"], "See note", attachments=[str(note)]
    )
    [attached] = day.noted["attachment_files"]
    saved = str(day.folder / "attached")
    gazu.files.download_attachment_file(gazu.files.get_attachment_file(attached["id"]), saved)
    assert Path(saved).read_text() == "thin the mesh"
    more = task.add_attachment_files_to_comment(day.modeling, day.noted, str(day.picture))
    assert len(gazu.task.get_comment(day.noted["id"])["attachment_files"]) == 2
    task.delete_comment_attachment(day.modeling, day.noted, more[0])
    assert len(gazu.task.get_comment(day.noted["id"])["attachment_files"]) == 1


def publish_a_picture(day: Day) -> None:
    task, files, saved = gazu.task, gazu.files, str(day.folder / "saved")
    day.preview = task.add_preview(
        day.modeling, day.comment, str(day.picture), client=day.as_["artist"]
    )
    assert (day.preview["status"], day.preview["original_name"]) == ("ready", "shot v1")
    sizes = []
    for download in (
        files.download_preview_file_thumbnail,
        files.download_preview_file,
        files.download_preview_file_cover,
    ):
        download(day.preview, saved)
        sizes.append(Image.open(saved).size)
    assert sizes[:2] == [(150, 100), (300, 200)]
    assert files.wait_for_preview_file(day.preview)["status"] == "ready"
    assert files.get_preview_file(day.preview["id"])["revision"] == 1
    assert ids(files.get_all_preview_files_for_task(day.modeling)) == [day.preview["id"]]
    assert ids(task.all_previews_for_task(day.modeling)) == [day.preview["id"]]
    assert day.preview["id"] in ids(task.all_preview_files_for_project(day.project))
    again = (day.preview, str(day.picture))
    assert fails(gazu.exception.ParameterException, task.upload_preview_file, *again)


def put_another_beside_it(day: Day) -> None:
    task = gazu.task
    beside = task.add_extra_preview(
        day.modeling, day.comment, day.preview, str(day.picture), client=day.as_["artist"]
    )
    assert (beside["revision"], beside["position"]) == (1, 2)
    moved = gazu.files.update_preview_position(beside, 1)
    assert ids(moved) == [beside["id"], day.preview["id"]]
    assert gazu.files.get_preview_file(day.preview["id"])["position"] == 2
    task.remove_preview_from_comment(day.modeling, day.comment, beside)
    assert ids(task.all_previews_for_task(day.modeling)) == [day.preview["id"]]
    gazu.files.update_preview_position(day.preview, 1)


def show_the_asset_by_it(day: Day) -> None:
    assert gazu.task.set_main_preview(day.preview)["id"] == day.hero["id"]
    assert gazu.asset.get_asset(day.hero["id"])["preview_file_id"] == day.preview["id"]
    gazu.files.update_preview(day.preview, {"validation_status": "validated"})
    result = gazu.files.get_preview_file(day.preview["id"])
    assert result["validation_status"] == "validated"


def draw_on_it(day: Day) -> None:
    def change(**changes: object) -> list[dict[str, object]]:
        return gazu.files.update_preview_annotations(day.preview, **changes)["annotations"]

    line, arrow = ({"id": name, "type": "path"} for name in ("line", "arrow"))
    change(additions=[{"time": 0, "drawing": {"objects": [line]}}])
    change(additions=[{"time": 0, "drawing": {"objects": [arrow]}}])
    [at_start] = change(updates=[{"time": 0, "drawing": {"objects": [{**line, "left": 4}]}}])
    assert at_start["drawing"] == {"objects": [{**line, "left": 4}, arrow]}
    [at_start] = change(deletions=[{"time": 0, "objects": ["line"]}])
    assert at_start["drawing"] == {"objects": [arrow]}


def publish_a_movie_at_once(day: Day) -> None:
    movie, saved = day.folder / "shot.mp4", str(day.folder / "saved")
    movie.write_bytes(b"frames" * 1000)
    comment, preview = gazu.task.publish_preview(
        day.animation,
        day.statuses["wfa"],
        "First pass",
        preview_file_path=str(movie),
        normalize_movie=False,
        client=day.as_["artist"],
    )
    gazu.files.download_preview_movie(preview, saved)
    assert Path(saved).read_bytes() == movie.read_bytes()
    gazu.files.download_preview_lowdef_movie(preview, saved)
    [files] = gazu.shot.all_previews_for_shot(day.shots[0]).values()
    assert ids(files) == [preview["id"]]
    [shown] = [c for c in gazu.task.all_comments_for_task(day.animation) if c["previews"]]
    assert shown["id"] == comment["id"]
    day.movie = preview


def make_playlists(day: Day) -> None:
    playlist, film = gazu.playlist, day.project
    made = playlist.new_playlist(film, day.unique_name("Review"), day.episode)
    for_client = playlist.new_playlist(film, day.unique_name("Client"), for_client=True)
    changed = playlist.add_entity_to_playlist(made, day.shots[0])
    assert changed["shots"] == [
        {"entity_id": day.shots[0]["id"], "preview_file_id": day.movie["id"]}
    ]
    playlist.add_entity_to_playlist(made, day.shots[1])
    assert len(playlist.all_shots_for_playlist(made)) == 2
    result = playlist.get_playlist(made)
    playlist.remove_entity_from_playlist(result, day.shots[1])
    assert len(playlist.get_playlist(made)["shots"]) == 1
    # That of another entity is not shown.
    for preview, pinned in ((day.preview, None), (day.movie, day.movie["id"])):
        playlist.update_entity_preview(playlist.get_playlist(made), day.shots[0], preview)
        assert playlist.get_playlist(made)["shots"][0].get("preview_file_id") == pinned
    assert playlist.get_playlist_by_name(film, day.unique_name("Review"))["id"] == made["id"]
    assert set(ids(playlist.all_playlists_for_project(film))) == {made["id"], for_client["id"]}
    assert ids(playlist.all_playlists_for_episode(day.episode)) == [made["id"]]
    seen = playlist.all_playlists_for_project(film, client=day.as_["client"])
    assert ids(seen) == [for_client["id"]]
    assert made["id"] in ids(playlist.all_playlists())
    assert list(playlist.get_entity_preview_files(day.hero)) == [day.types["modeling"]["id"]]
    playlist.update_playlist({"id": made["id"], "name": day.unique_name("Dailies")})
    playlist.delete_playlist(for_client)
    day.playlist = made


def note_working_and_output_files(day: Day) -> None:
    files, me = gazu.files, day.as_["artist"]
    blender = files.new_software(day.unique_name("Tool"), "tl", "blend")
    first = files.new_working_file(day.modeling, software=blender, client=me)
    second = files.new_working_file(day.modeling, software=blender, comment="Eyes", client=me)
    assert (first["revision"], second["revision"]) == (1, 2)
    assert ids(files.get_working_files_for_task(day.modeling)) == ids([second, first])
    assert files.get_last_working_files(day.modeling)["main"]["id"] == second["id"]
    assert files.get_last_working_file_revision(day.modeling)["revision"] == 2
    assert len(files.get_all_working_files_for_entity(day.hero, day.modeling)) == 2
    assert files.update_comment(second, "Eyes and ears", client=me)["comment"] == "Eyes and ears"
    files.update_modification_date(second, client=me)
    assert files.get_working_file(second["id"])["software_id"] == blender["id"]
    kind = files.new_output_type(day.unique_name("Geometry"), "geo")
    what = (day.hero, kind, day.types["modeling"])
    assert files.get_next_entity_output_revision(*what) == 1
    for revision in (1, 2):
        made = files.new_entity_output_file(*what, "Out", working_file=second, client=me)
        assert (made["revision"], made["source_file"]["id"]) == (revision, second["id"])
    assert files.get_last_entity_output_revision(*what) == 2
    assert ids(files.all_output_types_for_entity(day.hero)) == [kind["id"]]
    assert len(files.all_output_files_for_entity(day.hero, output_type=kind)) == 2
    assert ids(files.get_last_output_files_for_entity(day.hero)) == [made["id"]]
    assert files.get_output_file(made["id"])["name"] == "main"
    placed = (day.instance, day.scene, kind, day.types["modeling"])
    assert files.get_next_asset_instance_output_revision(*placed) == 1
    made = files.new_asset_instance_output_file(*placed, "Placed")
    assert files.get_last_asset_instance_output_revision(*placed) == 1
    assert ids(files.all_output_files_for_asset_instance(day.instance)) == [made["id"]]
    assert refused(files.new_working_file, day.modeling, client=day.as_["colleague"])
    assert refused(files.get_working_files_for_task, day.animation, client=day.as_["vendor"])


def save_searches(day: Day) -> None:
    user, film = gazu.user, day.project
    made = user.new_filter("Props", "type=props", "asset", film)
    user.update_filter({**made, "name": "All props"})
    [row] = user.all_filters()["asset"][film["id"]]
    assert (row["name"], row["search_query"]) == ("All props", "type=props")
    user.remove_filter(made)
    assert film["id"] not in user.all_filters().get("asset", {})
    body = {"name": day.unique_name("Mine"), "list_type": "asset"}
    group = gazu.client.post("data/user/filter-groups", body)
    assert user.get_filter_group(group)["name"] == day.unique_name("Mine")
    user.update_filter_group({"id": group["id"], "name": day.unique_name("Ours")})
    assert day.unique_name("Ours") in json.dumps(user.all_filter_groups())
    user.remove_filter_group(group)
    assert day.unique_name("Ours") not in json.dumps(user.all_filter_groups())


STEPS: list[Step] = [
    attach_files,
    publish_a_picture,
    put_another_beside_it,
    show_the_asset_by_it,
    draw_on_it,
    publish_a_movie_at_once,
    make_playlists,
    note_working_and_output_files,
    save_searches,
]
