"""Permissions: what an artist, a client, a vendor and a stranger are denied."""

from __future__ import annotations

import gazu

from tests.running import until
from tests.system.day.script import PASSWORD, Day, Step, fails, ids, refused, unknown


def refuse_the_artist_what_managers_do(day: Day) -> None:
    me, film = day.as_["artist"], day.project
    assert refused(gazu.person.new_department, day.unique_name("Mine"), "#fff", client=me)
    assert refused(gazu.project.new_project, day.unique_name("Mine"), client=me)
    assert refused(gazu.project.add_person_to_team, film, day.people["artist"], client=me)
    assert refused(gazu.asset.new_asset, film, day.prop, "Sword", client=me)
    assert refused(gazu.asset.remove_asset, day.hero, client=me)
    assert refused(gazu.entity.remove_entities, film, [day.hero], client=me)
    assert refused(gazu.casting.update_shot_casting, film, day.shots[0], [], client=me)
    assert refused(gazu.casting.cast_asset, film, day.shots[0], day.oar, client=me)
    assert refused(gazu.task.update_task, {"id": day.modeling["id"], "priority": 3}, client=me)
    give = {"person_id": day.people["colleague"]["id"]}
    assert refused(gazu.client.put, f"actions/tasks/{day.rigging['id']}/assign", give, client=me)
    assert gazu.task.assign_task(day.rigging, day.people["colleague"], client=me) == []
    assert refused(gazu.task.add_comment, day.modeling, day.statuses["done"], "Done!", client=me)
    assert refused(gazu.task.add_comment, day.rigging, day.statuses["wip"], "Mine?", client=me)
    assert refused(gazu.task.remove_tasks_for_type, film, day.types["rigging"], client=me)
    assert refused(gazu.task.all_comments_for_project, film, client=me)
    assert refused(gazu.task.all_notifications_for_project, film, client=me)
    assert refused(
        gazu.playlist.add_entity_to_playlist, day.playlist, day.shots[2], day.preview, client=me
    )
    assert refused(gazu.files.update_preview_position, day.movie, 1, client=day.as_["colleague"])
    assert refused(gazu.sync.get_last_events, client=me)
    assert refused(gazu.person.get_day_offs, day.people["manager"], client=me)


def spare_the_artist_what_others_earn(day: Day) -> None:
    shown = gazu.person.get_person(day.people["manager"]["id"], client=day.as_["artist"])
    assert "daily_salary" not in shown
    assert "email" not in shown
    whole = gazu.person.get_person(day.people["artist"]["id"])
    assert "email" in whole
    assert "password" not in whole


def refuse_the_client_the_kitchen(day: Day) -> None:
    me, film = day.as_["client"], day.project
    assert refused(gazu.concept.all_concepts_for_project, film, client=me)
    assert refused(gazu.concept.get_concept, day.mood["id"], client=me)
    assert refused(gazu.asset.new_asset, film, day.prop, "Sword", client=me)
    assert refused(gazu.task.all_comments_for_project, film, client=me)
    assert refused(gazu.playlist.delete_playlist, day.playlist, client=me)
    texts = [row["text"] for row in gazu.task.all_comments_for_task(day.modeling, client=me)]
    assert "See note" not in texts
    heard = gazu.task.add_comment(day.modeling, day.statuses["wip"], "Bigger logo", client=me)
    artist = gazu.task.all_comments_for_task(day.modeling, client=day.as_["artist"])
    assert heard["id"] not in ids(artist)
    for_client = gazu.task.add_comment(
        day.modeling, day.statuses["wfa"], "For you", for_client=True, client=day.as_["manager"]
    )
    seen = gazu.task.all_comments_for_task(day.modeling, client=me)
    assert {heard["id"], for_client["id"]} <= set(ids(seen))


def refuse_the_vendor_what_is_not_theirs(day: Day) -> None:
    me, film, stolen = day.as_["vendor"], day.project, str(day.folder / "stolen")
    assert ids(gazu.asset.all_assets_for_project(film, client=me)) == [day.hero["id"]]
    assert refused(gazu.asset.get_asset, day.boat["id"], client=me)
    assert refused(gazu.shot.get_shot, day.shots[0]["id"], client=me)
    assert refused(gazu.task.get_task, day.animation["id"], client=me)
    assert refused(gazu.task.all_previews_for_task, day.animation, client=me)
    assert refused(gazu.shot.all_previews_for_shot, day.shots[0], client=me)
    assert refused(gazu.casting.get_project_shots_casting, film, client=me)
    assert refused(gazu.concept.all_concepts_for_project, film, client=me)
    assert refused(gazu.playlist.all_playlists_for_project, film, client=me)
    assert refused(gazu.playlist.get_playlist, day.playlist, client=me)
    assert refused(gazu.files.download_preview_file, day.movie, stolen, client=me)
    assert gazu.task.all_comments_for_task(day.rigging, client=me)


def refuse_strangers_everything(day: Day) -> None:
    stranger = gazu.person.new_person(
        "Stranger", day.mark, f"stranger.{day.mark}@example.com", password=PASSWORD
    )
    me, film, stolen = day.client_of(stranger), day.project, str(day.folder / "stolen")
    assert refused(gazu.shot.all_shots_for_project, film, client=me)
    assert refused(gazu.asset.get_asset, day.hero["id"], client=me)
    assert refused(gazu.task.get_task, day.modeling["id"], client=me)
    assert refused(gazu.project.get_project, film["id"], client=me)
    assert refused(gazu.files.download_preview_file, day.preview, stolen, client=me)
    assert gazu.user.all_open_projects(client=me) == []
    assert gazu.user.all_tasks_to_do(client=me) == []
    gazu.project.add_person_to_team(film, stranger)
    assert len(gazu.shot.all_shots_for_project(film, client=me)) == len(day.shots)
    gazu.project.remove_person_from_team(film, stranger)
    until(lambda: refused(gazu.shot.all_shots_for_project, film, client=me), what="a refusal")
    gazu.person.remove_person(stranger, force=True)


def say_what_is_unknown_and_what_is_wrong(day: Day) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert unknown(gazu.client.get, "data/no-such-route")
    assert unknown(gazu.asset.get_asset, nowhere)
    assert unknown(gazu.task.get_task, nowhere)
    for wrong in (
        lambda: gazu.client.create("departments", {"name": day.unique_name("No colour")}),
        lambda: gazu.client.create("departments", {"name": day.department["name"], "color": "#f"}),
        lambda: gazu.client.get(f"data/tasks/{nowhere[:-1]}"),
        lambda: gazu.client.create("projects", {"name": day.unique_name("Film")}),
    ):
        assert fails(gazu.exception.ParameterException, wrong)


STEPS: list[Step] = [
    refuse_the_artist_what_managers_do,
    spare_the_artist_what_others_earn,
    refuse_the_client_the_kitchen,
    refuse_the_vendor_what_is_not_theirs,
    refuse_strangers_everything,
    say_what_is_unknown_and_what_is_wrong,
]
