"""Comments and their effects: mentions, replies, statuses, notifications, chat."""

from __future__ import annotations

import gazu

from tests.system.day.script import Day, Step, ids


def say_something(day: Day) -> None:
    task, me = gazu.task, day.as_["artist"]
    day.comment = task.add_comment(
        day.modeling,
        day.statuses["wfa"],
        f"Please look @Manager {day.mark}",
        checklist=[{"text": "eyes", "checked": False}],
        links=["https://example.com/ref"],
        client=me,
    )
    assert day.comment["person_id"] == day.people["artist"]["id"]
    assert day.comment["mentions"] == [day.people["manager"]["id"]]
    assert day.comment["checklist"] == [{"text": "eyes", "checked": False}]
    assert task.get_task(day.modeling["id"])["task_status_id"] == day.statuses["wfa"]["id"]
    assert task.get_comment(day.comment["id"])["text"].startswith("Please look")
    assert task.get_last_comment_for_task(day.modeling)["id"] == day.comment["id"]
    assert ids(task.all_comments_for_task(day.modeling)) == [day.comment["id"]]
    waiting = gazu.user.all_tasks_requiring_feedback(client=day.as_["manager"])
    assert day.modeling["id"] in ids(waiting)


def tick_and_correct(day: Day) -> None:
    text = f"Please look again @Manager {day.mark}"
    changes = {
        "id": day.comment["id"],
        "text": text,
        "checklist": [{"text": "eyes", "checked": True}],
    }
    gazu.task.update_comment(changes, client=day.as_["artist"])
    result = gazu.task.get_comment(day.comment["id"])
    assert result["checklist"] == [{"text": "eyes", "checked": True}]
    assert (result["text"], result["editor_id"]) == (text, day.people["artist"]["id"])


def answer(day: Day) -> None:
    task, manager = gazu.task, day.as_["manager"]
    reply = task.reply_to_comment(
        day.modeling, day.comment, f"Nice @Artist {day.mark}", client=manager
    )
    assert reply["mentions"] == [day.people["artist"]["id"]]
    spare = task.reply_to_comment(day.modeling, day.comment, "Hm", client=manager)
    task.delete_comment_reply(day.modeling, day.comment, spare, client=manager)
    [shown] = task.all_comments_for_task(day.modeling)
    assert ids(shown["replies"]) == [reply["id"]]
    task.acknowledge_comment(day.modeling, day.comment, client=manager)
    assert day.people["manager"]["id"] in task.get_comment(day.comment["id"])["acknowledgements"]


def hear_of_it(day: Day) -> None:
    user = gazu.user
    manager, artist = day.as_["manager"], day.as_["artist"]
    told = user.all_notifications(client=manager)
    assert "mention" in [row["notification_type"] for row in told]
    kinds = {row["notification_type"] for row in user.all_notifications(client=artist)}
    assert {"assignation", "reply-mention"} <= kinds
    one = user.get_notification(told[0], client=manager)
    user.update_notification({"id": one["id"], "read": True}, client=manager)
    assert user.get_notification(one, client=manager)["read"] is True
    user.mark_all_notifications_as_read(client=artist)
    assert all(row["read"] for row in user.all_notifications(client=artist))
    assert user.get_context(client=artist)["notification_count"] == 0
    of_project = gazu.task.all_notifications_for_project(day.project)
    assert {row["person_id"] for row in of_project} >= {
        day.people["manager"]["id"],
        day.people["artist"]["id"],
    }


def follow_a_task(day: Day) -> None:
    user, me = gazu.user, day.as_["colleague"]
    assert user.check_task_subscription(day.modeling, client=me) is False
    user.subscribe_to_task(day.modeling, client=me)
    assert user.check_task_subscription(day.modeling, client=me) is True
    followed = gazu.task.all_subscriptions_for_project(day.project)
    assert [row["person_id"] for row in followed] == [day.people["colleague"]["id"]]
    gazu.task.add_comment(day.modeling, day.statuses["wfa"], "For all who follow")
    assert [row["task_id"] for row in user.all_notifications(client=me)] == [day.modeling["id"]]
    user.unsubscribe_from_task(day.modeling, client=me)
    assert user.check_task_subscription(day.modeling, client=me) is False


def comment_many_at_once(day: Day) -> None:
    task, status = gazu.task, day.statuses["wip"]["id"]
    made = task.create_multiple_comments(
        day.project,
        [
            {"object_id": one["id"], "task_status_id": status, "comment": "Go"}
            for one in (day.rigging, day.boards)
        ],
    )
    assert [row["object_id"] for row in made] == [day.rigging["id"], day.boards["id"]]
    made = task.batch_comments(
        [
            {
                "task_id": day.editing["id"],
                "task_status_id": status,
                "text": "One",
                "attachment_files": [str(day.picture)],
            },
            {"task_id": day.editing["id"], "task_status_id": status, "text": "Two"},
        ]
    )
    assert [row["text"] for row in made] == ["One", "Two"]
    assert len(made[0]["attachment_files"]) == 1
    made = task.batch_comments([{"task_status_id": status, "text": "Three"}], task=day.editing)
    assert [row["object_id"] for row in made] == [day.editing["id"]]
    made = task.add_tasks_batch_comments(
        [day.rigging, day.editing], {"task_status_id": status, "text": "Four"}
    )
    assert len(made) == 2
    texts = {row["text"] for row in task.all_comments_for_project(day.project)}
    assert {"Go", "One", "Two", "Three", "Four"} <= texts


def finish_and_let_the_automation_run(day: Day) -> None:
    task = gazu.task
    [done] = task.create_asset_tasks(day.boat, [day.types["modeling"]])
    [next_one] = task.create_asset_tasks(day.boat, [day.types["rigging"]])
    task.add_comment(done, day.statuses["done"], "Approved")
    result = task.get_task(next_one["id"])
    assert result["task_status_id"] == day.statuses["wip"]["id"]
    assert task.get_task(done["id"])["done_date"]
    day.done_task = done


def chat_about_an_asset(day: Day) -> None:
    user, me = gazu.user, day.as_["artist"]
    path = f"data/entities/{day.hero['id']}/chat/messages"
    user.join_chat({"id": day.hero["id"]}, client=me)
    response = gazu.client.post(path, {"message": "Which eyes?"}, client=me)
    assert [row["text"] for row in gazu.client.get(path, client=me)] == ["Which eyes?"]
    assert [row["entity_name"] for row in user.all_chats(client=me)] == ["Hero"]
    gazu.client.delete(f"{path}/{response['id']}", client=me)
    user.leave_chat({"id": day.hero["id"]}, client=me)
    assert user.all_chats(client=me) == []


def read_the_news(day: Day) -> None:
    feed = gazu.client.get(f"data/projects/{day.project['id']}/news")
    assert feed["total"] >= 5
    assert {row["full_entity_name"] for row in feed["data"]} >= {f"{day.character['name']} / Hero"}


STEPS: list[Step] = [
    say_something,
    tick_and_correct,
    answer,
    hear_of_it,
    follow_a_task,
    comment_many_at_once,
    finish_and_let_the_automation_run,
    chat_about_an_asset,
    read_the_news,
]
