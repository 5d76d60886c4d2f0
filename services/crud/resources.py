"""What ``crud`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.common.access.rules import (
    admin,
    any_of,
    anyone,
    is_self,
    manager,
    not_vendor,
    studio_manager,
    supervisor,
)
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.database.tables import table_of
from services.crud import models as m
from services.crud.policy import (
    calendar_rules,
    day_offs,
    file_rules,
    files,
    playlist_rules,
    production_rows,
    project_rules,
    schedule_rules,
    schedules,
    webhook_rules,
)
from services.crud.policy.event_log import EVENTS
from services.crud.policy.files import OUTPUT_FILES, WORKING_FILES
from services.crud.policy.playlists import PLAYLISTS, keeper
from services.crud.policy.projects import PROJECTS
from services.crud.policy.schedules import (
    MILESTONES,
    SCHEDULE_ITEMS,
    SCHEDULE_VERSIONS,
    SCHEDULED_TASKS,
)
from services.crud.policy.searches import SEARCH_GROUPS, SEARCHES
from services.crud.policy.webhooks import WEBHOOKS, manager_of_any

RESOURCES: Final = Registry(
    "crud",
    # --- productions
    Resource(
        path="projects",
        model=m.Project,
        policy=PROJECTS,
        list=anyone,
        read=PROJECTS.reader,
        update=manager,
        # A production is its own: rules about productions apply to it, too.
        facts={"project_id": table_of(m.Project).c.id, "person_ids": project_rules.TEAM},
        single={"project_status_name": production_rows.STATUS_NAME},
        related=production_rows.USES,
        fixed=frozenset({"team"}),
        owned=frozenset({"has_avatar"}),
        extra_body=frozenset({"project_template_id"}),
        rules=project_rules.ProjectRules(),
        force_cascades=True,
    ),
    Resource(path="project-status", model=m.ProjectStatus, list=anyone, read=anyone),
    Resource(
        path="project-templates",
        model=m.ProjectTemplate,
        list=studio_manager,
        read=studio_manager,
        created_relations=False,
        rules=project_rules.TemplateRules(),
    ),
    # --- playlists
    Resource(
        path="playlists",
        model=m.Playlist,
        policy=PLAYLISTS,
        list=not_vendor,
        read=PLAYLISTS.reader,
        create=supervisor,
        update=keeper,
        delete=keeper,
        owned=frozenset({"created_by"}),
        rules=playlist_rules.PlaylistRules(),
        # ``tasks`` deletes the notifications of a deleted playlist.
        frees=frozenset({"tasks.notification.playlist_id"}),
    ),
    # --- planning
    Resource(
        path="schedule-items",
        model=m.ScheduleItem,
        policy=SCHEDULE_ITEMS,
        create=manager,
        delete=manager,
        update=any_of(manager, schedules.department_supervisor),
        writes={manager: schedule_rules.SUBJECT},
        rules=schedule_rules.ScheduleItemRules(),
    ),
    Resource(
        path="milestones",
        model=m.Milestone,
        policy=MILESTONES,
        read=MILESTONES.reader,
        create=manager,
        update=manager,
        delete=manager,
    ),
    Resource(
        path="production-schedule-versions",
        model=m.ProductionScheduleVersion,
        policy=SCHEDULE_VERSIONS,
        list=schedules.asked_project_team,
        read=manager,
        create=manager,
        update=manager,
        delete=manager,
        rules=schedule_rules.VersionRules(),
    ),
    Resource(
        path="production-schedule-version-task-links",
        model=m.ProductionScheduleVersionTaskLink,
        policy=SCHEDULED_TASKS,
        list=schedules.asked_project_team,
        read=SCHEDULED_TASKS.reader,
        create=manager,
        update=manager,
        facts={"project_id": schedules.VERSION_PROJECT},
        filters={"project_id": schedule_rules.of_project},
        # Checked on creation only: task and version are of one production.
        fixed=frozenset({"task_id", "production_schedule_version_id"}),
        rules=schedule_rules.TaskLinkRules(),
    ),
    # --- what users saved
    Resource(path="search-filters", model=m.SearchFilter, policy=SEARCHES),
    Resource(path="search-filter-groups", model=m.SearchFilterGroup, policy=SEARCH_GROUPS),
    # --- files of the pipeline
    Resource(
        path="working-files",
        model=m.WorkingFile,
        policy=WORKING_FILES,
        list=not_vendor,
        read=files.may_read_working_file,
        update=files.may_act_on_task,
        rules=file_rules.FileRules(file_rules.OF_TASK),
        fixed=file_rules.NUMBERED,
        always_relations=True,
        bad_id_is_unknown=True,
    ),
    Resource(
        path="output-files",
        model=m.OutputFile,
        policy=OUTPUT_FILES,
        list=not_vendor,
        read=files.may_read_output_file,
        update=files.may_work_on_entity,
        rules=file_rules.FileRules(file_rules.OF_ENTITY),
        facts={"project_id": table_of(m.OutputFile).c.production_id},
        tells_project=True,
        fixed=file_rules.NUMBERED,
        virtual={"source_file": file_rules.SOURCE_FILE},
        bad_id_is_unknown=True,
    ),
    Resource(
        path="output-types", model=m.OutputType, list=anyone, read=anyone, bad_id_is_unknown=True
    ),
    Resource(path="file-status", model=m.FileStatus, list=anyone, read=anyone),
    Resource(
        path="softwares",
        model=m.Software,
        list=anyone,
        read=anyone,
        rules=file_rules.SoftwareRules(),
        bad_id_is_unknown=True,
    ),
    Resource(path="hardware-items", model=m.HardwareItem),
    Resource(
        path="preview-background-files",
        model=m.PreviewBackgroundFile,
        list=anyone,
        read=anyone,
        owned=frozenset({"original_name", "extension", "file_size"}),
        rules=file_rules.BackgroundRules(),
    ),
    # --- people's calendars, money
    Resource(
        path="day-offs",
        model=m.DayOff,
        read=day_offs.reader,
        create=any_of(admin, is_self("person_id")),
        update=any_of(admin, is_self("person_id")),
        delete=any_of(admin, is_self("person_id")),
        writes={admin: frozenset({"person_id"})},
        rules=calendar_rules.DayOffRules(),
    ),
    Resource(path="budgets", model=m.Budget, fixed=frozenset({"revision"})),
    Resource(path="budget-entries", model=m.BudgetEntry, fixed=frozenset({"budget_id"})),
    Resource(
        path="salary-scales",
        model=m.SalaryScale,
        fixed=frozenset({"department_id"}),
        rules=calendar_rules.SalaryScaleRules(),
    ),
    # --- the studio's odds and ends
    Resource(
        path="custom-actions",
        model=m.CustomAction,
        list=not_vendor,
        rules=file_rules.CustomActionRules(),
    ),
    Resource(path="plugins", model=m.Plugin),
    Resource(
        path="webhooks",
        model=m.Webhook,
        policy=WEBHOOKS,
        list=manager_of_any,
        read=WEBHOOKS.reader,
        create=manager,
        update=manager,
        delete=manager,
        hidden=webhook_rules.HIDDEN,
        owned=webhook_rules.OWNED,
        rules=webhook_rules.WebhookRules(),
    ),
    Resource(
        path="events",
        model=m.ApiEvent,
        policy=EVENTS,
        # The log grows for ever: older rows are read by pages, or ``…/last``.
        list_cap=1000,
        order=(m.ApiEvent.created_at, m.ApiEvent.id),
        # A stored event moves no change version: the list would seem unchanged.
        versioned=False,
    ),
)
