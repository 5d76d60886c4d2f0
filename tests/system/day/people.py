"""The organisation, its departments and its people."""

from __future__ import annotations

import gazu
from PIL import Image

from tests.system.day.script import PASSWORD, Day, Step, fails, ids

ROLES = {
    "manager": "manager",
    "supervisor": "supervisor",
    "artist": "user",
    "colleague": "user",
    "client": "client",
    "vendor": "vendor",
}


def find_the_server(day: Day) -> None:
    assert gazu.client.host_is_up()
    assert gazu.client.host_is_valid()
    assert gazu.client.get_api_version()
    assert gazu.user.is_authenticated()
    day.me = gazu.client.get_current_user()
    assert day.me["email"] == day.email
    assert day.me["role"] == "admin"


def refuse_a_wrong_password(day: Day) -> None:
    client = gazu.client.create_client(day.host)
    wrong = (day.email, "wrong")
    assert fails(gazu.exception.AuthFailedException, gazu.log_in, *wrong, client=client)


def name_the_studio(day: Day) -> None:
    assert gazu.person.get_organisation()["hours_by_day"] > 0
    assert ids(gazu.person.all_organisations()) == [gazu.person.get_organisation()["id"]]
    made = gazu.client.create("studios", {"name": day.unique_name("North"), "color": "#123456"})
    day.studio = gazu.studio.get_studio_by_name(day.unique_name("North"))
    assert day.studio["id"] == made["id"]
    gazu.studio.update_studio({"id": made["id"], "color": "#654321"})
    assert gazu.studio.get_studio(made["id"])["color"] == "#654321"
    assert made["id"] in ids(gazu.studio.all_studios())


def open_departments(day: Day) -> None:
    day.department = gazu.person.new_department(day.unique_name("Modeling"), color="#78909C")
    other = gazu.person.new_department(day.unique_name("Editing"), color="#fff")
    gazu.person.update_department({"id": other["id"], "color": "#000"})
    assert gazu.person.get_department(other["id"])["color"] == "#000"
    result = gazu.person.get_department_by_name(day.unique_name("Modeling"))
    assert result["id"] == day.department["id"]
    assert {other["id"], result["id"]} <= set(ids(gazu.person.all_departments()))
    gazu.person.remove_department(other)
    assert gazu.person.get_department_by_name(day.unique_name("Editing")) is None


def take_people_on(day: Day) -> None:
    day.people = {}
    for name, role in ROLES.items():
        day.people[name] = gazu.person.new_person(
            name.capitalize(),
            day.mark,
            f"{name}.{day.mark}@example.com",
            role=role,
            desktop_login=f"{name}-{day.mark}",
            password=PASSWORD,
        )
    artist = day.people["artist"]
    for found in (
        gazu.person.get_person(artist["id"]),
        gazu.person.get_person_by_email(artist["email"]),
        gazu.person.get_person_by_desktop_login(f"artist-{day.mark}"),
        gazu.person.get_person_by_full_name(f"Artist {day.mark}"),
    ):
        assert found["id"] == artist["id"]
    assert {person["id"] for person in day.people.values()} <= set(ids(gazu.person.all_persons()))
    gazu.person.update_person({"id": artist["id"], "phone": "123"})
    assert gazu.person.get_person(artist["id"])["phone"] == "123"
    assert artist["id"] in gazu.person.get_person_url(artist)
    gazu.person.invite_person(artist)


def give_them_departments(day: Day) -> None:
    for name in ("artist", "supervisor"):
        gazu.person.add_person_to_department(day.people[name], day.department)
        shown = gazu.person.get_person(day.people[name]["id"], relations=True)
        assert shown["departments"] == [day.department["id"]]
    gazu.person.remove_person_from_department(day.people["supervisor"], day.department)
    shown = gazu.person.get_person(day.people["supervisor"]["id"], relations=True)
    assert shown["departments"] == []


def give_them_faces(day: Day) -> None:
    day.picture = day.folder / "shot v1.jpg"
    Image.new("RGB", (300, 200), "teal").save(day.picture)
    artist, saved = day.people["artist"], str(day.folder / "saved")
    gazu.person.set_avatar(artist, str(day.picture))
    gazu.files.download_person_avatar(artist, saved)
    assert Image.open(saved).size == (400, 400)
    assert gazu.person.get_person(artist["id"])["has_avatar"] is True
    gazu.person.clear_person_avatar(artist)
    assert gazu.person.get_person(artist["id"])["has_avatar"] is False


def let_a_robot_in(day: Day) -> None:
    bot = gazu.person.new_bot(day.unique_name("Robot"), f"robot.{day.mark}@example.com")
    client = gazu.client.create_client(day.host)
    gazu.set_token(bot["access_token"], client=client)
    assert gazu.client.get_current_user(client=client)["id"] == bot["id"]
    gazu.person.update_bot({"id": bot["id"], "last_name": "Two"})
    gazu.person.remove_bot(bot, force=True)


def let_them_in(day: Day) -> None:
    day.as_ = {name: day.client_of(person) for name, person in day.people.items()}
    for name, client in day.as_.items():
        assert gazu.client.get_current_user(client=client)["id"] == day.people[name]["id"]
    gazu.person.change_password_for_person(day.people["colleague"], PASSWORD)


def note_absences(day: Day) -> None:
    artist, person = day.people["artist"], gazu.person
    away = person.new_day_off(artist, "2030-01-07", "2030-01-08")
    person.update_day_off({"id": away["id"], "description": "Ski"})
    assert person.get_day_off(away["id"])["description"] == "Ski"
    assert ids(person.get_day_offs(artist)) == [away["id"]]
    assert ids(person.get_week_day_offs(artist, 2030, 2)) == [away["id"]]
    assert person.get_week_day_offs(artist, 2030, 3) == []
    assert ids(person.get_month_day_offs(artist, 2030, 1)) == [away["id"]]
    assert person.get_year_day_offs(artist, 2031) == []
    me = day.as_["artist"]
    assert gazu.user.get_day_off("2030-01-08", client=me)["id"] == away["id"]
    assert gazu.user.get_day_off("2030-01-09", client=me) == {}
    person.remove_day_off(away)
    assert person.get_day_offs(artist) == []


STEPS: list[Step] = [
    find_the_server,
    refuse_a_wrong_password,
    name_the_studio,
    open_departments,
    take_people_on,
    give_them_departments,
    give_them_faces,
    let_a_robot_in,
    let_them_in,
    note_absences,
]
