"""Liveness and readiness probe of a container: ``python3 -IS deploy/probe.py alive|ready``.

Exits with status 0 if healthy. Services and relay touch two files (``observability.health_files``),
the gateway has HTTP routes. It runs every few seconds in each container, so it imports next to
nothing and takes 20 ms.
"""

import os
import socket
import sys
import time

#: Seconds. The files are touched about once a second.
MAX_AGE = 15.0


def answers(port: int, path: str) -> bool:
    """Whether the gateway answers a GET with 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(64).split()[1:2] == [b"200"]


def is_healthy(probe: str) -> bool:
    """Whether the process passes the probe ``alive`` or ``ready``."""
    try:
        if os.environ["SERVICE"] == "gateway":
            path = {"alive": "/health/live", "ready": "/health/ready"}[probe]
            return answers(int(os.environ.get("HTTP_PORT", "8080")), path)
        # os.path: pathlib takes longer to import than all the rest.
        touched = os.stat(os.path.join(os.environ["HEALTH_DIR"], probe)).st_mtime  # noqa: PTH116, PTH118
        return time.time() - touched < MAX_AGE
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_healthy(sys.argv[1]))
