"""Who is in which production: asked by ``auth`` when it builds an actor."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.common.crud import CrudRpc
from services.common.rpc import query
from services.crud.models import Project, ProjectStatus, project_person_link
from services.crud.projects import is_open


class TeamRpc(CrudRpc):
    """Production teams."""

    @query
    def memberships(self, person_id: str) -> dict[str, list[Any]]:
        """Productions a person is in: ``{project id: [role there or None, is it open]}``."""
        link = project_person_link.c
        statement = (
            sa.select(link.project_id, link.role, ProjectStatus.name)
            .join(Project, Project.id == link.project_id)
            .outerjoin(ProjectStatus, ProjectStatus.id == Project.project_status_id)
            .where(link.person_id == UUID(person_id))
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
        return {str(project): [role, is_open(status)] for project, role, status in rows}

    @query
    def project_names(self, ids: list[str] | None = None) -> dict[str, str]:
        """The names of these productions (of all when None) by id; unknown ids are left out."""
        statement = sa.select(Project.id, Project.name)
        if ids is not None:
            statement = statement.where(Project.id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}
