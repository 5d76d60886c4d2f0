"""Following the deletions of another service, which ``rows:gone`` tells of."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from eventlet import sleep
from sqlalchemy.dialects.postgresql import insert

from services.common.crud import cross_references
from services.common.crud.cross_references import RowsGone, id_array, refs_to
from services.common.crud.deletion.cascade import Cascade
from services.common.crud.deletion.removal import (
    announce_all,
    locked_batch,
    release_references,
    remove_rows,
)
from services.common.database.tables import on_gone_of
from services.common.runtime.positions import WAIT_SECONDS

if TYPE_CHECKING:
    from services.common.crud.resource_rules import CrudContext
    from services.common.database.sql_types import Column

#: Seconds of the longest pause between two parts of a large deletion: busy days must end it, too.
LONGEST_REST: Final = 0.5
#: Waits for the transactions that have checked their references, and blocks later ones.
LOCK: Final = sa.text("LOCK TABLE gone_row IN EXCLUSIVE MODE")
CHECK: Final = sa.text("SET CONSTRAINTS ALL IMMEDIATE")


def follow_in_parts(ctx: CrudContext, message: RowsGone) -> None:
    """Delete what references the rows that another service deleted, a batch in each transaction.

    So nothing is locked for long, and a redelivered event goes on where its handler died. A last,
    smaller batch is left to ``follow_deletion``, which also keeps later rows out.
    """
    began = time.monotonic()
    for column in refs_to(ctx.metadata, message.service, message.table):
        part_began = time.monotonic()
        while _part_removed(ctx, message, column):
            ctx.commit_now()
            # Once nobody waits for it any longer, half of the time is for other requests.
            now = time.monotonic()
            if now - began > WAIT_SECONDS:
                sleep(min(now - part_began, LONGEST_REST))
            part_began = time.monotonic()


def _part_removed(ctx: CrudContext, message: RowsGone, column: Column) -> bool:
    """Whether there was a whole batch of rows to delete; it was deleted."""
    child: Any = column.table
    on_gone, cascade = on_gone_of(column), Cascade(ctx, message.productions)
    if on_gone in {"null", "update"} or "id" not in child.c:
        return False
    tells = on_gone == "delete"
    rows = locked_batch(cascade, column, message.ids, tells=tells)
    if len(rows) < cross_references.BATCH:
        return False
    with ctx.tx.unnoted():
        remove_rows(cascade, child.name, {row["id"] for row in rows}, rows if tells else ())
    announce_all(cascade)
    return True


def follow_deletion(ctx: CrudContext, message: RowsGone) -> None:
    """Null or delete what references the rows that another service deleted, now or later.

    Also where no declared column holds their ids: see ``ResourceRules.release``.
    """
    columns = list(refs_to(ctx.metadata, message.service, message.table))
    holders = [one.rules for one in ctx.registry if message.source in one.rules.holds]
    if not columns and not holders:
        return
    tx, cascade = ctx.tx, Cascade(ctx, message.productions)

    def let_go() -> None:
        for column in columns:
            release_references(cascade, column, message.ids)
        for rules in holders:
            rules.release(cascade, message.source, message.ids)

    with tx.unnoted():
        let_go()
    announce_all(cascade)
    # Twice: the lock keeps all writers from committing. It is held only for the second pass, over
    # the few rows written during the first, and not while a production's rows are deleted, nor
    # while the events about them are written.
    tx.write_events()
    tx.connection.execute(LOCK)
    cascade.deleted.clear()
    let_go()
    # Checked before the ids are inserted: a nulled row may reference another of the deleted rows,
    # and its trigger would find that.
    tx.connection.execute(CHECK)
    rows = sa.select(sa.func.unnest(id_array(message.ids)))
    insertion = insert(ctx.metadata.tables["gone_row"]).from_select(["id"], rows)
    tx.connection.execute(insertion.on_conflict_do_nothing())
    announce_all(cascade)
