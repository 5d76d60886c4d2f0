"""RabbitMQ for a local run: a private node with its own name, ports, data and cookie."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kombu import Connection

from deploy.broker_connection import BROKEN, reach
from deploy.local.children import Child, say
from deploy.local.settings import Secrets, StartError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds in which the node must accept connections.
START_SECONDS: Final = 40.0
#: Where packages keep the server script that does not switch users, unlike the wrapper on PATH.
SCRIPTS: Final = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
)
CONFIG: Final = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = callboard
default_pass = {password}
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 33554432
log.file.level = warning
log.console = false
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
# rabbitmq_prometheus reads the node's own counters; the collector only feeds the charts of the
# management UI.
management_agent.disable_metrics_collector = true
"""
#: Queue metrics and alarms for Prometheus; users and limits for ``make subscriber``.
ENABLED: Final = ("rabbitmq_prometheus", "rabbitmq_management")
#: These, and the plugins which they depend on.
PLUGINS: Final = (*ENABLED, "rabbitmq_management_agent", "rabbitmq_web_dispatch")
#: Part of the path of the node's data, so it must not depend on anything that changes.
NODE: Final = "callboard@localhost"
#: Two schedulers without busy waiting and without binding to cores, since the machine is shared;
#: Erlang's distribution port on the loopback interface only.
ERLANG: Final = (
    "+S 2:2 +SDio 4 +stbt u +sbwt none +sbwtdcpu none +sbwtdio none "
    "-kernel inet_dist_use_interface {127,0,0,1}"
)
MISSING: Final = (
    "RabbitMQ is not installed and could not be: install the package rabbitmq-server "
    "(Debian, Ubuntu) or rabbitmq (brew), or set AMQP_URI to a broker that runs elsewhere."
)
IMAGE: Final = "rabbitmq:4-management"


class RabbitMQ:
    """A private node that runs beside any other on the machine; in docker if not installed."""

    def __init__(self, folder: Path, secrets: Secrets, environ: Mapping[str, str]) -> None:
        self.folder = folder / "rabbitmq"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environ = environ
        password = secrets.get("broker_password")
        ports = _ports(secrets)
        self.uri = f"amqp://callboard:{password}@127.0.0.1:{ports['amqp']}/"
        self.metrics_port = ports["metrics"]
        self.management_url = f"http://127.0.0.1:{ports['management']}/"
        script = find_script()
        self.children = (
            self._natively(script, ports, password) if script else self._docker(ports, password)
        )

    def _natively(self, script: str, ports: Mapping[str, int], password: str) -> list[Child]:
        config = self.folder / "rabbitmq.conf"
        config.touch(mode=0o600)
        config.write_text(
            CONFIG.format(
                port=ports["amqp"],
                metrics=ports["metrics"],
                management=ports["management"],
                password=password,
            )
        )
        (self.folder / "enabled_plugins").write_text(f"[{','.join(ENABLED)}].\n")
        (self.folder / "advanced.config").write_text("[].\n")
        own = {
            **self.environ,
            "HOME": str(self.folder),  # the cookie lies here
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_NODE_PORT": str(ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(config),
            # Paths that don't exist, so that the system node's /etc/rabbitmq is not read.
            "RABBITMQ_CONFIG_FILES": str(self.folder / "no-such-folder" / "*.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-such-file"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "node.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        }
        if plugins := _needed_plugins(Path(script), self.folder / "plugins"):
            own["RABBITMQ_PLUGINS_DIR"] = str(plugins)
        log = (self.folder / "start.log").open("ab")
        node = Child("rabbitmq", [script], own, log=log, cwd=self.folder)
        epmd = shutil.which("epmd", path=f"{os.environ.get('PATH', '')}:/usr/lib/erlang/bin")
        if not epmd:
            return [node]
        # Started as a child it stops with the run; the node would start one that stays behind.
        arguments = [epmd, "-port", str(ports["epmd"]), "-address", "127.0.0.1"]
        return [Child("epmd", arguments, own, log=log), node]

    def _docker(self, ports: Mapping[str, int], password: str) -> list[Child]:
        command = [
            "docker",
            "run",
            "--rm",
            "--name",
            f"callboard-{ports['amqp']}",
            "-p",
            f"127.0.0.1:{ports['amqp']}:5672",
            "-p",
            f"127.0.0.1:{ports['metrics']}:15692",  # the image enables rabbitmq_prometheus
            "-p",
            f"127.0.0.1:{ports['management']}:15672",
            "-e",
            "RABBITMQ_DEFAULT_USER=callboard",
            "-e",
            f"RABBITMQ_DEFAULT_PASS={password}",
            "-v",
            f"{self.folder / 'data'}:/var/lib/rabbitmq",
            IMAGE,
        ]
        log = (self.folder / "start.log").open("ab")
        return [Child("rabbitmq", command, self.environ, log=log, stop=signal.SIGINT)]

    def wait(self, stopping: threading.Event) -> None:
        """Wait until the node accepts connections. Raises StartError, StoppedError."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with Connection(self.uri, connect_timeout=2) as connection:
                    reach(connection)
            except BROKEN:
                if time.monotonic() > end or self.children[-1].ended():
                    message = (
                        f"RabbitMQ did not start; see {self.folder}/start.log and its log folder."
                    )
                    raise StartError(message) from None
                if stopping.wait(0.1):
                    raise StoppedError from None
            else:
                return


def check(uri: str) -> None:
    """Connect to the broker at ``uri`` once. Raises StartError if that fails."""
    try:
        with Connection(uri, connect_timeout=3) as connection:
            reach(connection)
    except (*BROKEN, KeyError, ValueError) as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        message = f"AMQP_URI does not lead to a broker that lets us in: {reason}."
        raise StartError(message) from None


def find_script() -> str | None:
    """The server's script, installed if necessary; None means docker. Raises StartError."""
    for attempt in (False, True):
        if attempt and not _install():
            break
        for path in SCRIPTS:
            if Path(path).exists():
                return path
        on_path = shutil.which("rabbitmq-server")
        if on_path and not _switches_user(Path(on_path)):
            return on_path
    if _succeeds("docker", "info"):
        return None
    raise StartError(MISSING)


def _needed_plugins(script: Path, folder: Path) -> Path | None:
    """A folder of links to the server's applications and PLUGINS; None for another file layout.

    The server loads about a thousand modules and searches the folders of all plugins for each.
    Without the thirty plugins that are not used it starts an eighth faster.
    """
    needed = ("rabbitmq_prelaunch", *PLUGINS)
    applications = [
        path
        for path in sorted((script.resolve().parent.parent / "plugins").glob("*-*"))
        if not path.name.startswith("rabbitmq_") or path.name.startswith(needed)
    ]
    if not any(path.name.startswith("rabbit-") for path in applications):
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in applications:
        (folder / path.name).symlink_to(path)
    return folder


def _switches_user(script: Path) -> bool:
    """Whether it is the Debian wrapper, which switches to the user of the system node."""
    return "su rabbitmq" in script.read_text(errors="replace")


def _install() -> bool:
    """Install RabbitMQ with apt-get or brew; returns whether that succeeded."""
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not root or _succeeds("sudo", "-n", "true")):
        say("run", "installing rabbitmq-server with apt-get, once")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # Prevents the package from starting a system node when it is installed.
        policy = Path("/usr/sbin/policy-rc.d")
        ours = not root and not policy.exists()
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        try:
            subprocess.run([*root, "apt-get", "-q", "update"], capture_output=True, check=False)
            done = subprocess.run(
                [*root, "apt-get", "install", "-q", "-y", "rabbitmq-server"],
                capture_output=True,
                env=quiet,
                check=False,
            )
        finally:
            if ours:
                policy.unlink()
        return done.returncode == 0
    if shutil.which("brew"):
        say("run", "installing rabbitmq with brew, once")
        return _succeeds("brew", "install", "rabbitmq")
    return False


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _ports(secrets: Secrets) -> dict[str, int]:
    """Free ports: those of the last run, where they are still free."""
    previous = secrets.values.get("broker_ports", {})
    names = ("amqp", "distribution", "epmd", "metrics", "management")
    ports = {name: previous.get(name, 0) for name in names}
    # All stay bound until the last is chosen, else two names could get the same port.
    sockets = []
    for name, port in ports.items():
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            sock.bind(("127.0.0.1", 0))
        ports[name] = sock.getsockname()[1]
        sockets.append(sock)
    for sock in sockets:
        sock.close()
    secrets.keep("broker_ports", ports)
    return ports
