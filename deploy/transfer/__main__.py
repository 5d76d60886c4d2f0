"""``python -m deploy.transfer import|import-files|verify|export|backup|restore``, for make.

Arguments are environment variables: ``DUMP``, ``SOURCE``, ``FILE``, ``FOLDER``, ``MODE``,
``REPORT``. The system is that of ``RUN_DIR``, or of the services' ``*_DATABASE_URL``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from deploy.local.settings import LocalSettings, StartError
from deploy.transfer.backup import restore
from deploy.transfer.dump import DumpFile
from deploy.transfer.export import backup, estimate, export
from deploy.transfer.files import copy_files
from deploy.transfer.live import LiveDatabase
from deploy.transfer.load import load
from deploy.transfer.report import Report, TransferError
from deploy.transfer.target import Target
from deploy.transfer.verify import verify
from services.common.config import ConfigError

Environ = Mapping[str, str]


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Callable[[int], Any]]:
    """A progress bar on a terminal, nothing elsewhere."""
    bar = tqdm(
        desc=label, total=total or None, unit=unit, unit_scale=True, mininterval=0.5, disable=None
    )
    with bar:
        yield bar.update


def source_of(environ: Environ) -> DumpFile | LiveDatabase:
    """The source that ``DUMP`` or ``SOURCE`` names. Raises TransferError."""
    dump, dsn = environ.get("DUMP", ""), environ.get("SOURCE", "")
    if bool(dump) == bool(dsn):
        message = "Set one of DUMP=file.json.gz and SOURCE=postgresql://…"
        raise TransferError(message)
    return DumpFile(Path(dump)) if dump else LiveDatabase(dsn)


def run_import(environ: Environ) -> int:
    """Import, and print what could not be imported."""
    mode = environ.get("MODE", "")
    if mode not in {"", "merge", "replace"}:
        message = f"MODE is {mode!r}: leave it out to merge, or set MODE=replace."
        raise TransferError(message)
    source, target = source_of(environ), Target.load(environ)
    folder = LocalSettings.load(environ).folder
    path = Path(environ.get("REPORT") or folder / "import-report.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == "replace":
        print("MODE=replace: all existing rows are deleted first.")
    report = Report(path)
    try:
        with progress("importing", source.total, source.unit) as moved:
            batches = source.batches(moved)
            load(target, batches, replace=mode == "replace", report=report)
    finally:
        report.close()
    print("\n".join(report.lines()))
    if not report.heard:
        print("A gateway has not confirmed that its cache is invalidated; it expires in seconds.")
    return 0


def run_import_files(environ: Environ) -> int:
    """Import files from another store's folder; status 1 if some are missing."""
    if not environ.get("FOLDER"):
        message = "Set FOLDER=/path/to/the/old/store"
        raise TransferError(message)
    target = Target.load(environ)
    if not target.storage_url:
        message = "Set STORAGE_URL, the storage to import into."
        raise TransferError(message)
    path = LocalSettings.load(environ).folder / "import-files.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    report = Report(path)
    try:
        with progress("copying", 0, "file") as moved:
            done = copy_files(target, Path(environ["FOLDER"]), report, moved)
    finally:
        report.close()
    print(f"{done.copied} copied, {done.present} already present, {done.missing} missing,")
    print(f"{done.broken} unreadable, {done.unused} without a row; listed in {path}")
    return 1 if done.missing or done.broken else 0


def run_verify(environ: Environ) -> int:
    """Compare; status 1 if something differs."""
    source, target = source_of(environ), Target.load(environ)
    with progress("verifying", source.total, source.unit) as moved:
        verdict = verify(target, source, moved)
    print("\n".join(verdict.lines()))
    return 0 if verdict.same else 1


def run_export(environ: Environ) -> int:
    """Write a dump."""
    return _write(environ, "exporting", export, Path("callboard.json.gz"))


def run_backup(environ: Environ) -> int:
    """Write a backup."""
    folder = LocalSettings.load(environ).folder / "backups"
    name = f"callboard-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json.gz"
    return _write(environ, "backing up", backup, folder / name)


def _write(environ: Environ, label: str, write: Callable[..., int], default: Path) -> int:
    path, target = Path(environ.get("FILE") or default), Target.load(environ)
    with progress(label, estimate(target), "row") as moved:
        count = write(target, path, moved)
    print(f"{count} rows in {path}")
    return 0


def run_restore(environ: Environ) -> int:
    """Restore a backup."""
    if not environ.get("FILE"):
        message = "Set FILE=….json.gz, the backup to restore."
        raise TransferError(message)
    path, target = Path(environ["FILE"]), Target.load(environ)
    print("All existing rows are deleted first.")
    with progress("restoring", path.stat().st_size if path.exists() else 0, "B") as moved:
        report = restore(target, path, moved)
    print(f"{sum(report.rows.values())} rows restored")
    return 0


COMMANDS: Final[dict[str, Callable[[Environ], int]]] = {
    "import": run_import,
    "import-files": run_import_files,
    "verify": run_verify,
    "export": run_export,
    "backup": run_backup,
    "restore": run_restore,
}


def main(arguments: list[str], environ: Environ) -> int:
    """Run a command; an error prints one sentence and exits with status 2."""
    command = COMMANDS.get(arguments[0] if arguments else "")
    if command is None:
        print(f"One of: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        status = command(environ)
    except (TransferError, StartError, ConfigError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; open transactions were rolled back.", file=sys.stderr)
        return 130
    print(f"in {time.monotonic() - began:.1f} s")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
