"""What the film consists of, and what appears where."""

from __future__ import annotations

import gazu

from tests.system.day.script import Day, Step, ids


def write_episodes_and_sequences(day: Day) -> None:
    shot, film = gazu.shot, day.project
    day.episode = shot.get_episode_by_name(film, "E01") or shot.new_episode(film, "E01")
    day.next_episode = shot.new_episode(film, "E02")
    assert ids(shot.all_episodes_for_project(film)) == ids([day.episode, day.next_episode])
    assert shot.new_episode(film, "E02")["id"] == day.next_episode["id"], "made twice"
    shot.update_episode({"id": day.episode["id"], "description": "The light"})
    shot.update_episode_data(day.episode, {"mood": "dark"})
    result = shot.get_episode(day.episode["id"])
    assert (result["description"], result["data"]["mood"]) == ("The light", "dark")
    day.sequence = shot.new_sequence(film, "S01", day.episode)
    other = shot.new_sequence(film, "S02", day.episode)
    shot.update_sequence({"id": other["id"], "description": "Storm"})
    shot.update_sequence_data(other, {"wind": "high"})
    assert shot.get_sequence(other["id"])["data"] == {"wind": "high"}
    assert shot.get_sequence_by_name(film, "S01", day.episode)["id"] == day.sequence["id"]
    assert shot.get_episode_from_sequence(day.sequence)["id"] == day.episode["id"]
    assert ids(shot.all_sequences_for_episode(day.episode)) == ids([day.sequence, other])
    assert ids(shot.all_sequences_for_project(film)) == ids([day.sequence, other])
    shot.remove_sequence(other, force=True)
    assert ids(shot.all_sequences_for_project(film)) == [day.sequence["id"]]


def write_shots(day: Day) -> None:
    shot, film, sequence = gazu.shot, day.project, day.sequence
    day.shots = [
        shot.new_shot(film, sequence, f"P0{n}", nb_frames=24, frame_in=1, frame_out=24)
        for n in (1, 2, 3)
    ]
    first = day.shots[0]
    for listed in (
        shot.all_shots_for_project(film),
        shot.all_shots_for_sequence(sequence),
        shot.all_shots_for_episode(day.episode),
    ):
        assert ids(listed) == ids(day.shots)
    assert shot.get_shot_by_name(sequence, "P01")["id"] == first["id"]
    shot.update_shot({"id": first["id"], "nb_frames": 48})
    shot.update_shot_data(first, {"lens": "35"})
    result = shot.get_shot(first["id"])
    assert (result["nb_frames"], result["data"]["lens"], result["frame_in"]) == (48, "35", 1)
    assert (result["sequence_name"], result["episode_name"]) == ("S01", "E01")
    assert shot.get_sequence_from_shot(result)["id"] == sequence["id"]
    assert first["id"] in shot.get_shot_url(result)
    assert day.episode["id"] in shot.get_episode_url(day.episode)


def list_assets(day: Day) -> None:
    asset, film = gazu.asset, day.project
    day.hero = asset.new_asset(film, day.character, "Hero", "Of the film", {"difficulty": "easy"})
    day.boat = asset.new_asset(film, day.prop, "Boat", episode=day.episode)
    day.oar = asset.new_asset(film, day.prop, "Oar")
    assert ids(asset.all_assets_for_project(film)) == ids([day.boat, day.hero, day.oar])
    assert ids(asset.all_assets_for_project_and_type(film, day.prop)) == ids([day.boat, day.oar])
    assert asset.get_asset_by_name(film, "Hero", day.character)["id"] == day.hero["id"]
    asset.update_asset({"id": day.oar["id"], "description": "Wooden"})
    asset.update_asset_data(day.oar, {"difficulty": "hard"})
    result = asset.get_asset(day.oar["id"])
    assert (result["description"], result["data"]) == ("Wooden", {"difficulty": "hard"})
    assert asset.get_asset_type_from_asset(result)["id"] == day.prop["id"]
    assert asset.get_episode_from_asset(asset.get_asset(day.boat["id"]))["id"] == day.episode["id"]
    assert ids(asset.all_assets_for_episode(day.episode)) == [day.boat["id"]]
    assert day.hero["id"] in ids(asset.all_assets_for_open_projects())
    used = asset.all_asset_types_for_project(film)
    assert set(ids(used)) == {day.character["id"], day.prop["id"]}
    assert day.hero["id"] in asset.get_asset_url(day.hero)
    assert gazu.entity.get_entity(day.hero["id"])["name"] == "Hero"
    assert gazu.entity.get_entity_by_name("Hero", film)["id"] == day.hero["id"]
    assert day.hero["id"] in ids(gazu.entity.all_entities())


def draw_concepts_and_cut_edits(day: Day) -> None:
    concept, edit, film = gazu.concept, gazu.edit, day.project
    links = {"name": "Mood", "entity_concept_links": [{"id": day.hero["id"]}]}
    day.mood = gazu.client.post(f"data/projects/{film['id']}/concepts", links)
    assert concept.new_concept(film, "Mood")["id"] == day.mood["id"], "made twice"
    assert concept.get_concept_by_name(film, "Mood")["id"] == day.mood["id"]
    assert ids(concept.all_concepts_for_project(film)) == [day.mood["id"]]
    assert day.mood["id"] in ids(concept.all_concepts())
    concept.update_concept({"id": day.mood["id"], "description": "Blue"})
    result = concept.get_concept(day.mood["id"])
    assert (result["description"], result["entity_concept_links"]) == ("Blue", [day.hero["id"]])
    linked = gazu.entity.all_entities_with_tasks_linked_to_entity(day.hero)
    assert ids(linked) == [day.mood["id"]]
    assert concept.all_previews_for_concept(day.mood) == {}
    day.cut = edit.new_edit(film, "Cut", episode=day.episode)
    edit.update_edit({"id": day.cut["id"], "description": "Rough"})
    edit.update_edit_data(day.cut, {"length": "90"})
    result = edit.get_edit(day.cut["id"])
    assert (result["description"], result["data"]) == ("Rough", {"length": "90"})
    assert edit.get_edit_by_name(film, "Cut")["id"] == day.cut["id"]
    assert ids(edit.all_edits_for_project(film)) == [day.cut["id"]]
    assert day.cut["id"] in edit.get_edit_url(day.cut)
    assert edit.all_previews_for_edit(day.cut) == {}


def build_a_scene(day: Day) -> None:
    scene, film = gazu.scene, day.project
    day.scene = scene.new_scene(film, day.sequence, "SC01")
    assert scene.get_scene_by_name(day.sequence, "SC01")["id"] == day.scene["id"]
    assert ids(scene.all_scenes_for_sequence(day.sequence)) == [day.scene["id"]]
    assert ids(scene.all_scenes_for_project(film)) == [day.scene["id"]]
    assert day.scene["id"] in ids(scene.all_scenes())
    scene.update_scene({"id": day.scene["id"], "description": "Harbour"})
    result = scene.get_scene(day.scene["id"])
    assert result["description"] == "Harbour"
    assert scene.get_sequence_from_scene(result)["id"] == day.sequence["id"]


def put_instances_into_it(day: Day) -> None:
    scene, asset, shot = gazu.scene, gazu.asset, gazu.shot
    one = scene.new_scene_asset_instance(day.scene, day.hero)
    two = scene.new_scene_asset_instance(day.scene, day.hero)
    assert (one["number"], two["number"]) == (1, 2)
    in_scene = scene.all_asset_instances_for_scene(day.scene)
    assert set(ids(in_scene[day.hero["id"]])) == {one["id"], two["id"]}
    scene.update_asset_instance_name(one, "Hero_left")
    scene.update_asset_instance_data(one, {"side": "left"})
    assert asset.get_asset_instance(one["id"])["name"] == "Hero_left"
    shot.add_asset_instance_to_shot(day.shots[0], one)
    assert ids(shot.all_asset_instances_for_shot(day.shots[0])[day.hero["id"]]) == [one["id"]]
    assert list(asset.all_shot_asset_instances_for_asset(day.hero)) == [day.shots[0]["id"]]
    assert list(asset.all_scene_asset_instances_for_asset(day.hero)) == [day.scene["id"]]
    asset.disable_asset_instance(one)
    assert asset.get_asset_instance(one["id"])["active"] is False
    asset.enable_asset_instance(one)
    shot.remove_asset_instance_from_shot(day.shots[0], one)
    assert shot.all_asset_instances_for_shot(day.shots[0]) == {}
    day.instance = one
    inside = asset.new_asset_asset_instance(day.boat, day.oar)
    assert ids(asset.all_asset_instances_for_asset(day.boat)[day.oar["id"]]) == [inside["id"]]


def cast_shots(day: Day) -> None:
    casting, film, first = gazu.casting, day.project, day.shots[0]
    wanted = [
        {"asset_id": day.hero["id"], "nb_occurences": 1},
        {"asset_id": day.boat["id"], "nb_occurences": 2, "label": "animate"},
    ]
    casting.update_shot_casting(film, first, wanted)
    result = {
        row["asset_id"]: row["nb_occurences"]
        for row in casting.get_shot_casting(gazu.shot.get_shot(first["id"]))
    }
    assert result == {day.hero["id"]: 1, day.boat["id"]: 2}
    assert set(ids(gazu.asset.all_assets_for_shot(first))) == {day.hero["id"], day.boat["id"]}
    of_types = gazu.asset.all_asset_types_for_shot(first)
    assert set(ids(of_types)) == {day.character["id"], day.prop["id"]}
    seen_in = casting.get_asset_cast_in(day.hero)
    assert first["id"] in [row.get("shot_id") for row in seen_in]
    episode = casting.get_episode_casting(gazu.shot.get_episode(day.episode["id"]))
    assert {row["asset_id"] for row in episode} >= {day.hero["id"], day.boat["id"]}
    by_sequence = casting.get_sequence_casting(gazu.shot.get_sequence(day.sequence["id"]))
    assert list(by_sequence) == [first["id"]]
    for castings in (
        casting.get_sequence_shots_casting(film, day.sequence),
        casting.get_episode_shots_casting(film, day.episode),
        casting.get_project_shots_casting(film),
    ):
        assert {row["asset_id"] for row in castings[first["id"]]} == set(result)
    assert day.episode["id"] in casting.get_episodes_casting(film)


def cast_assets_the_other_way(day: Day) -> None:
    casting, film = gazu.casting, day.project
    casting.update_asset_casting(film, day.boat, [{"asset_id": day.oar["id"], "nb_occurences": 2}])
    boat = gazu.asset.get_asset(day.boat["id"])
    assert [row["asset_name"] for row in casting.get_asset_casting(boat)] == ["Oar"]
    assert [row["asset_id"] for row in casting.get_asset_cast_in(day.oar)] == [day.boat["id"]]
    assert list(casting.get_asset_type_casting(film, day.prop)) == [day.boat["id"]]
    answered = casting.cast_asset(film, day.shots[:2], day.oar, nb_occurences=4, label="fixed")
    assert [len(answered[shot["id"]]) for shot in day.shots[:2]] == [3, 1]
    casting.cast_asset(film, day.shots[1], day.oar, label="animate")
    [row] = casting.get_shot_casting(gazu.shot.get_shot(day.shots[1]["id"]))
    assert (row["nb_occurences"], row["label"]) == (4, "animate")
    answered = casting.uncast_asset(film, day.shots[:2], day.oar)
    assert [len(answered[shot["id"]]) for shot in day.shots[:2]] == [2, 0]
    casting.update_episode_casting(
        film, day.next_episode, [{"asset_id": day.hero["id"], "nb_occurences": 1}]
    )
    episode = casting.get_episode_casting(gazu.shot.get_episode(day.next_episode["id"]))
    assert [row["asset_id"] for row in episode] == [day.hero["id"]]
    links = casting.all_entity_links_for_project(film)
    assert {link["entity_out_id"] for link in links} == ids_of(day.hero, day.boat, day.oar)


def ids_of(*rows: dict[str, str]) -> set[str]:
    return {row["id"] for row in rows}


STEPS: list[Step] = [
    write_episodes_and_sequences,
    write_shots,
    list_assets,
    draw_concepts_and_cut_edits,
    build_a_scene,
    put_instances_into_it,
    cast_shots,
    cast_assets_the_other_way,
]
