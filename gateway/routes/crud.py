"""Routes of ``crud``: the studio's records."""

from typing import Any, Final

from gateway.routes.table import Body, Route, avatar, data
from services.common.contracts.crud import budgets as b
from services.common.contracts.crud import console as o
from services.common.contracts.crud import context as c
from services.common.contracts.crud import dead_letters as x
from services.common.contracts.crud import departments as d
from services.common.contracts.crud import event_log as e
from services.common.contracts.crud import pipeline as f
from services.common.contracts.crud import planning as n
from services.common.contracts.crud import productions as p
from services.common.contracts.crud import saved_searches as s
from services.common.contracts.crud import schedules as v
from services.common.contracts.crud import templates as t
from services.common.contracts.crud import webhooks as h
from services.common.contracts.crud.subscribers import Subscriber
from services.common.contracts.tasks import workflow as w
from services.common.contracts.types import Page

PATHS = (
    "budget-entries",
    "budgets",
    "custom-actions",
    "day-offs",
    "file-status",
    "hardware-items",
    "milestones",
    "output-files",
    "output-types",
    "playlists",
    "plugins",
    "preview-background-files",
    "production-schedule-version-task-links",
    "production-schedule-versions",
    "project-status",
    "project-templates",
    "projects",
    "salary-scales",
    "schedule-items",
    "search-filter-groups",
    "search-filters",
    "softwares",
    "webhooks",
    "working-files",
)

SETTINGS = "/data/projects/{project_id}/settings"


#: The list of each kind of settings.
CHOICES: Final[dict[str, Any]] = {
    "task-types": list[w.TaskTypeRow],
    "task-status": list[w.TaskStatusRow],
    "asset-types": None,
    "status-automations": list[w.StatusAutomationRow],
    "preview-background-files": list[c.BackgroundRow],
}


def chosen(kind: str) -> tuple[Route, ...]:
    """The routes of a production's settings of one kind: list, add, remove."""
    path, fixed = f"{SETTINGS}/{kind}", (("kind", kind),)
    rows = CHOICES[kind]
    listed = (Route("GET", path, "crud.list_chosen", fixed=fixed, returns=rows),)
    return (
        *(listed if rows else ()),
        Route(
            "POST",
            path,
            "crud.choose",
            status=201,
            body=Body.LENIENT,
            fixed=fixed,
            takes=p.CHOSEN[kind],
            returns=p.ProductionRow,
        ),
        Route("DELETE", path + "/{ident}", "crud.drop", status=204, fixed=fixed),
    )


def equipment(kind: str, *, lists: Any, row: Any, new: Any, link: Any) -> tuple[Route, ...]:
    """The routes of what departments have of a kind."""
    path, fixed = f"/data/departments/{{department_id}}/{kind}", (("kind", kind),)
    return (
        Route(
            "GET", f"/data/departments/{kind}", "crud.list_equipment", fixed=fixed, returns=lists
        ),
        Route(
            "POST",
            path,
            "crud.equip_department",
            status=201,
            body=Body.LENIENT,
            fixed=fixed,
            takes=new,
            returns=link,
        ),
        Route("GET", path + "/{ident}", "crud.read_equipment", fixed=fixed, returns=row),
        Route("DELETE", path + "/{ident}", "crud.unequip_department", status=204, fixed=fixed),
    )


SCHEDULE = "/data/projects/{project_id}/schedule-items"
BUDGETS = "/data/projects/{project_id}/budgets"
BUDGET = BUDGETS + "/{budget_id}"
TEMPLATE = "/data/project-templates/{template_id}"
#: What each list of a template takes, what it adds, and its rows.
TEMPLATE_LISTS: Final[dict[str, tuple[Any, Any, Any]]] = {
    "task-types": (t.NewTaskTypeOfTemplate, t.TaskTypeInTemplate, list[t.TaskTypeOfTemplate]),
    "task-statuses": (
        t.NewTaskStatusOfTemplate,
        t.TaskStatusInTemplate,
        list[t.TaskStatusOfTemplate],
    ),
    "asset-types": (t.NewAssetTypeOfTemplate, t.AssetTypeOfTemplate, list[t.AssetTypeOfTemplate]),
    "status-automations": (
        t.NewAutomationOfTemplate,
        w.StatusAutomationRow,
        list[w.StatusAutomationRow],
    ),
    "preview-background-files": (
        t.NewBackgroundOfTemplate,
        t.BackgroundOfTemplate,
        list[t.BackgroundOfTemplate],
    ),
}


def used_by_template(kind: str) -> tuple[Route, ...]:
    """The routes of a template's list of one kind: list, add, remove."""
    path, fixed = f"{TEMPLATE}/{kind}", (("kind", kind),)
    takes, added, rows = TEMPLATE_LISTS[kind]
    return (
        Route("GET", path, "crud.list_template_part", fixed=fixed, returns=rows),
        Route(
            "POST",
            path,
            "crud.link_to_template",
            status=201,
            body=Body.LENIENT,
            fixed=fixed,
            takes=takes,
            returns=added,
        ),
        Route("DELETE", path + "/{ident}", "crud.unlink_from_template", status=204, fixed=fixed),
    )


def own(kind: str, *, row: Any, lists: Any) -> tuple[Route, ...]:
    """The routes of the caller's saved searches, or of their groups."""
    path, row_path, fixed = f"/data/user/{kind}", f"/data/user/{kind}/{{ident}}", (("kind", kind),)
    body = Body.LENIENT
    return (
        Route("GET", path, "crud.list_saved", fixed=fixed, returns=lists),
        Route(
            "POST",
            path,
            "crud.save",
            status=201,
            body=body,
            fixed=fixed,
            takes=s.NEW[kind],
            returns=row,
        ),
        Route("GET", row_path, "crud.read_saved", fixed=fixed, returns=row),
        Route(
            "PUT",
            row_path,
            "crud.change_saved",
            body=body,
            fixed=fixed,
            takes=s.CHANGES[kind],
            returns=row,
        ),
        Route("DELETE", row_path, "crud.forget_saved", status=204, fixed=fixed),
    )


def outputs(owner: str) -> tuple[Route, ...]:
    """The routes that create an owner's output files, and number their revisions."""
    return (
        Route(
            "POST",
            f"{owner}/output-files/new",
            "crud.new_output_file",
            status=201,
            body=Body.LENIENT,
            takes=f.NewOutputFile,
            returns=f.OutputFileRow,
        ),
        Route(
            "POST",
            f"{owner}/output-files/next-revision",
            "crud.read_next_output_revision",
            body=Body.LENIENT,
            takes=f.OutputOf,
            returns=f.NextRevision,
        ),
    )


# fmt: off
ROUTES = (
    Route("GET",  "/data/events/last",       "crud.list_last_events", returns=list[e.LoggedEvent], query=e.EventQuery, repeat=True, reads_log=True),
    Route("GET",  "/data/events/names",      "crud.list_event_names", returns=list[str], slow=True, reads_log=True),
    Route("POST", "/data/task-type-links",   "crud.link_task_type", returns=p.TaskTypeInProduction, takes=p.NewTaskTypeInProduction, status=201, body=Body.JSON),
    Route("POST", "/data/task-status-links", "crud.link_task_status", returns=p.TaskStatusInProduction, takes=p.NewTaskStatusInProduction, status=201, body=Body.JSON),
    Route("GET",  "/data/user/context",      "crud.read_user_context", returns=c.Context, slow=True),
    Route("GET",  "/data/projects/open",     "crud.list_open_projects", returns=list[p.OpenProduction], query=p.ProductionQuery, slow=True),
    Route("GET",  "/data/user/projects/open", "crud.list_open_projects", returns=list[p.OpenProduction], query=p.ProductionQuery, slow=True),
    Route("GET",  "/data/projects/all",      "crud.list_all_projects", returns=list[p.ListedProduction], query=p.ProductionQuery, slow=True),
    Route("GET",  "/data/projects/{project_id}/task-types", "crud.list_chosen", returns=list[w.TaskTypeRow], fixed=(("kind", "task-types"),)),
    *chosen("task-types"),
    *chosen("task-status"),
    *chosen("asset-types"),
    *chosen("status-automations"),
    *chosen("preview-background-files"),
    Route("POST", SETTINGS + "/batch",       "crud.choose_many", returns=p.ProductionRow, takes=p.ChosenTogether, body=Body.LENIENT),
    Route("GET",  "/data/projects/{project_id}/schedule-items", "crud.list_plans", returns=list[n.ScheduleItemRow], fixed=(("kind", "schedule-items"),)),
    Route("GET",  "/data/projects/{project_id}/milestones",     "crud.list_plans", returns=list[n.PlannedMilestone], fixed=(("kind", "milestones"),)),
    Route("GET",  "/data/persons/day-offs/{year}",         "crud.list_absences_of_people", returns=list[n.DayOffRow]),
    Route("GET",  "/data/persons/day-offs/{year}/{month}", "crud.list_absences_of_people", returns=list[n.DayOffRow]),
    Route("GET",  "/data/persons/{person_id}/day-offs",         "crud.list_absences", returns=list[n.DayOffRow]),
    Route("GET",  "/data/user/day-offs/{day}", "crud.read_own_absence", returns=n.OwnDayOff),
    Route("GET",  "/data/persons/{person_id}/day-offs/year/{year}",          "crud.list_absences", returns=list[n.DayOffRow]),
    Route("GET",  "/data/persons/{person_id}/day-offs/month/{year}/{month}", "crud.list_absences", returns=list[n.DayOffRow]),
    Route("GET",  "/data/persons/{person_id}/day-offs/week/{year}/{week}",   "crud.list_absences", returns=list[n.DayOffRow]),
    Route("GET",  "/data/projects/{project_id}/day-offs", "crud.list_team_absences", returns=n.DaysOffByPerson, query=n.PeriodQuery),
    Route("GET",  "/data/projects/{project_id}/build-jobs", "crud.list_build_jobs", returns=list[n.BuildJobRow]),
    Route("GET",  "/data/projects/{project_id}/playlists/all", "crud.list_all_playlists", returns=list[n.PlaylistWithJobs] | Page[n.PlaylistWithJobs], query=n.NumberedPage, slow=True),
    Route("GET",  "/data/projects/{project_id}/playlists", "crud.list_project_playlists", returns=list[n.PlaylistInBrief]),
    Route("GET",  "/data/projects/{project_id}/episodes/{episode_id}/playlists", "crud.list_project_playlists", returns=list[n.PlaylistInBrief]),
    Route("POST", "/actions/playlists/{ident}/add-entity", "crud.add_to_playlist", returns=n.PlaylistRow, takes=n.PlaylistEntry, body=Body.LENIENT),
    *own("filters", row=s.SavedSearch, lists=s.SearchesByList),
    *own("filter-groups", row=s.SearchGroup, lists=s.GroupsByList),
    Route("GET",    "/data/projects/{project_id}/team",             "crud.show_team", returns=list[p.TeamMember]),
    Route("POST",   "/data/projects/{project_id}/team",             "crud.join_team", returns=p.ProductionRow, takes=p.NewMember, status=201, body=Body.LENIENT),
    Route("PUT",    "/data/projects/{project_id}/team/{person_id}", "crud.change_seat", returns=p.Seat, takes=p.NewRole, body=Body.LENIENT),
    Route("DELETE", "/data/projects/{project_id}/team/{person_id}", "crud.leave_team", status=204),
    Route("POST", "/pictures/preview-background-files/{ident}",           "crud.upload_background", returns=c.BackgroundRow, status=201, body=Body.MULTIPART, slow=True),
    Route("GET",  "/pictures/preview-background-files/{file}",            "crud.send_background", answer="file"),
    Route("GET",  "/pictures/thumbnails/preview-background-files/{file}", "crud.send_background_thumbnail", answer="file"),
    Route("POST", "/data/tasks/{task_id}/working-files/new",            "crud.new_working_file", returns=f.WorkingFileRow, takes=f.NewWorkingFile, status=201, body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/working-files",                "crud.list_working_files_of_task", returns=list[f.WorkingFileRow]),
    Route("GET",  "/data/tasks/{task_id}/working-files/last-revisions", "crud.list_last_working_files", returns=f.WorkingFilesByName),
    Route("GET",  "/data/entities/{entity_id}/working-files",           "crud.list_working_files_of_entity", returns=list[f.WorkingFileRow], query=f.WorkingFileQuery),
    Route("PUT",  "/actions/working-files/{ident}/comment",             "crud.comment_working_file", returns=f.WorkingFileRow, takes=f.WorkingFileComment, body=Body.LENIENT),
    Route("PUT",  "/actions/working-files/{ident}/modified",            "crud.touch_working_file", returns=f.WorkingFileRow),
    *outputs("/data/entities/{ident}"),
    *outputs("/data/asset-instances/{ident}/entities/{temporal_id}"),
    Route("GET",  "/data/entities/{ident}/output-types",                "crud.list_output_types_of", returns=list[f.OutputTypeRow]),
    Route("GET",  "/data/entities/{ident}/output-files",                "crud.list_output_files_of", returns=list[f.OutputFileRow], query=f.OutputFileQuery),
    Route("GET",  "/data/entities/{ident}/output-files/last-revisions", "crud.list_output_files_of", returns=list[f.OutputFileRow], query=f.OutputFileQuery, fixed=(("last", True),)),
    Route("GET",  "/data/asset-instances/{ident}/output-files",         "crud.list_output_files_of", returns=list[f.OutputFileRow], query=f.OutputFileQuery, fixed=(("of", "instance"),)),
    Route("POST", "/actions/projects/{project_id}/task-type-links/reorder",   "crud.reorder_links", returns=list[p.TaskTypeInProduction], takes=w.TypesInOrder, body=Body.JSON, fixed=(("kind", "task-type"),)),
    Route("POST", "/actions/projects/{project_id}/task-status-links/reorder", "crud.reorder_links", returns=list[p.TaskStatusInProduction], takes=w.StatusesInOrder, body=Body.JSON, fixed=(("kind", "task-status"),)),
    Route("PUT",  SETTINGS + "/task-status/{ident}", "crud.open_status_to_clients", returns=p.TaskStatusInProduction, takes=p.OpenToClients, body=Body.LENIENT),
    Route("GET",  "/data/projects/{project_id}/task-type-softwares", "crud.list_softwares_of_task_types", returns=list[p.SoftwareOfTaskType]),
    Route("POST", "/data/projects/{project_id}/task-types/{task_type_id}/softwares", "crud.choose_software", returns=p.SoftwareOfTaskType, takes=p.ChosenSoftware, status=201, body=Body.LENIENT),
    Route("DELETE", "/data/projects/{project_id}/task-types/{task_type_id}/softwares/{software_id}", "crud.drop_software", status=204),
    Route("GET",    BUDGETS,                  "crud.list_budgets", returns=list[b.BudgetInBrief]),
    Route("POST",   BUDGETS,                  "crud.create_budget", returns=b.BudgetRow, takes=b.NewBudget, body=Body.LENIENT),
    Route("GET",    BUDGETS + "/time-spents", "crud.list_time_spent_by_department", returns=b.MinutesByDepartment, slow=True),
    Route("GET",    BUDGET,                   "crud.read_budget", returns=b.BudgetRow),
    Route("PUT",    BUDGET,                   "crud.update_budget", returns=b.BudgetRow, takes=b.BudgetChanges, body=Body.LENIENT),
    Route("DELETE", BUDGET,                   "crud.delete_budget", status=204),
    Route("GET",    BUDGET + "/entries",      "crud.list_budget_entries", returns=list[b.BudgetEntryInBrief]),
    Route("POST",   BUDGET + "/entries",      "crud.create_budget_entry", returns=b.BudgetEntryRow, takes=b.NewBudgetEntry, body=Body.LENIENT),
    Route("GET",    BUDGET + "/entries/{entry_id}", "crud.read_budget_entry", returns=b.BudgetEntryRow),
    Route("PUT",    BUDGET + "/entries/{entry_id}", "crud.update_budget_entry", returns=b.BudgetEntryRow, takes=b.BudgetEntryChanges, body=Body.LENIENT),
    Route("DELETE", BUDGET + "/entries/{entry_id}", "crud.delete_budget_entry", status=204),
    Route("GET", SCHEDULE + "/task-types", "crud.list_scheduled_types", returns=list[v.ScheduledTaskType], effect=True),
    *(Route("GET", SCHEDULE + f"/{{task_type_id}}/{kind}", "crud.list_scheduled_objects", returns=list[v.ScheduledObject], query=v.EpisodeQuery, fixed=(("kind", kind),), effect=True) for kind in ("asset-types", "episodes", "sequences", "edits")),
    Route("GET",  "/data/production-schedule-versions/{version_id}/task-links", "crud.list_version_tasks", returns=list[v.ScheduledTask], query=v.TaskLinkQuery, slow=True),
    Route("POST", "/actions/production-schedule-versions/{version_id}/set-task-links-from-production", "crud.copy_tasks_to_version", returns=v.CopiedTasks, slow=True),
    Route("POST", "/actions/production-schedule-versions/{version_id}/set-task-links-from-production-schedule-version", "crud.copy_version", returns=v.CopiedTasks, takes=v.SourceVersion, body=Body.LENIENT, slow=True),
    Route("POST", "/actions/production-schedule-versions/{version_id}/apply-to-production", "crud.apply_version", returns=v.AppliedTasks, slow=True),
    *equipment("hardware-items", lists=d.MachinesByDepartment, row=d.MachineRow, new=d.NewMachine, link=d.MachineOfDepartment),
    *equipment("software-licenses", lists=d.SoftwareByDepartment, row=d.SoftwareRow, new=d.NewSoftware, link=d.SoftwareOfDepartment),
    *(route for kind in TEMPLATE_LISTS for route in used_by_template(kind)),
    Route("PUT",  TEMPLATE + "/default-preview-background-file", "crud.set_template_background", returns=t.TemplateRow, takes=t.DefaultBackground, body=Body.LENIENT),
    Route("PUT",  TEMPLATE + "/metadata-descriptors", "crud.set_template_columns", returns=t.TemplateRow, takes=t.Snapshot, body=Body.VALUE),
    Route("POST", "/actions/project-templates/{template_id}/task-types/reorder",    "crud.reorder_template", returns=list[t.TaskTypeInTemplate], takes=t.TypesOfTemplateInOrder, body=Body.LENIENT, fixed=(("kind", "task-types"),)),
    Route("POST", "/actions/project-templates/{template_id}/task-statuses/reorder", "crud.reorder_template", returns=list[t.TaskStatusInTemplate], takes=t.StatusesOfTemplateInOrder, body=Body.LENIENT, fixed=(("kind", "task-statuses"),)),
    Route("POST", "/data/project-templates/from-project/{project_id}",              "crud.template_from_project", returns=t.TemplateRow, takes=t.NewTemplate, status=201, body=Body.LENIENT),
    Route("POST", "/data/projects/{project_id}/apply-template/{template_id}",       "crud.apply_template", returns=p.ProductionRow),
    Route("POST", "/data/webhooks/{ident}/pause",      "crud.pause_webhook", returns=h.WebhookRow),
    Route("POST", "/data/webhooks/{ident}/resume",     "crud.resume_webhook", returns=h.WebhookRow),
    Route("POST", "/data/webhooks/{ident}/secret",     "crud.renew_webhook_secret", returns=h.WebhookSecret),
    Route("POST", "/data/webhooks/{ident}/test",       "crud.test_webhook", returns=h.WebhookDelivery, slow=True),
    Route("POST", "/data/webhooks/{ident}/replay",     "crud.replay_webhook", returns=h.ReplayOrdered, takes=h.ReplayOrder, status=202, body=Body.JSON),
    Route("GET",  "/data/webhooks/{ident}/deliveries", "crud.list_deliveries", returns=h.WebhookDeliveries, query=h.DeliveryQuery),
    Route("GET",    "/data/dead-letters",                "crud.list_dead_letters", returns=x.DeadLetters, query=x.DeadLetterQuery),
    Route("GET",    "/data/dead-letters/{ident}",        "crud.read_dead_letter", returns=x.DeadLetter),
    Route("DELETE", "/data/dead-letters/{ident}",        "crud.discard_dead_letter", status=204),
    Route("POST",   "/data/dead-letters/{ident}/replay", "crud.replay_dead_letter", returns=x.LettersReplayed, slow=True),
    Route("POST",   "/data/dead-letters/replay",         "crud.replay_dead_letters", returns=x.LettersReplayed, takes=x.LettersOf, body=Body.JSON, slow=True),
    Route("POST",   "/data/dead-letters/discard",        "crud.discard_dead_letters", returns=x.LettersDiscarded, takes=x.LettersOf, body=Body.JSON, slow=True),
    Route("GET", "/data/console/services", "crud.list_services", returns=list[o.ServiceState], slow=True),
    Route("GET", "/data/console/subscribers", "crud.list_subscribers", returns=list[Subscriber], slow=True),
    Route("GET", "/data/console/webhooks", "crud.list_webhook_states", returns=list[o.WebhookWithLag]),
    *avatar("projects", service="crud"),
    *data("events", service="crud"),
    *(route for path in PATHS for route in data(path, service="crud")),
)
# fmt: on
