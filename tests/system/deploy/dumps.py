"""Helpers: dumps on disk, rows of databases, commands."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2

from deploy.transfer.report import Report
from tests.running import System

Tables = dict[str, list[dict[str, Any]]]
CODES = ["$2b$04$abcdefghijklmnopqrstuv", 'with "quotes" and \\ and ä']


def in_base64(text: str) -> dict[str, str]:
    """Bytes in a dump's notation."""
    return {"b64": base64.b64encode(text.encode()).decode()}


def dump(path: Path, tables: Tables, format_: str = "zou-tables/1") -> Path:
    """A dump on disk."""
    content = json.dumps({"format": format_, "tables": tables}, indent=1)
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


def read(path: Path) -> Tables:
    """A dump's rows by table, in the order of their ids."""
    with gzip.open(path) as file:
        result: Tables = json.load(file)["tables"]
    return {name: sorted(rows, key=json.dumps) for name, rows in result.items() if rows}


def rows(system: System, service: str, statement: str) -> list[tuple[Any, ...]]:
    """Rows from a service's database."""
    connection = psycopg2.connect(system.parts.urls[service])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def named(report: Report, what: str) -> dict[str, int]:
    """The counts of a kind of problem by ``table.column``."""
    return {
        f"{table}.{column}": n for (kind, table, column), n in report.counts.items() if kind == what
    }


def command(system: System, folder: Path, name: str, **environ: str) -> tuple[int, str, str]:
    """Run a command as the Makefile does."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "deploy.transfer", name],
        env={**os.environ, **system.environment(), "RUN_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr
