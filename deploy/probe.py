"""How this container's process is: ``python3 -IS deploy/probe.py alive|ready``; status 0 is well.

A service or relay touches two files (``observability.health_files``), the gateway is asked by
HTTP. It runs every few seconds in each container, so it imports next to nothing and takes 20 ms.
"""

import os
import socket
import sys
import time

#: Seconds; signs come every second or oftener.
OLDEST = 15.0


def answers(port: int, path: str) -> bool:
    """Whether the gateway says 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(64).split()[1:2] == [b"200"]


def is_well(what: str) -> bool:
    """Whether the process is ``alive`` or ``ready``."""
    try:
        if os.environ["SERVICE"] == "gateway":
            path = {"alive": "/health/live", "ready": "/health/ready"}[what]
            return answers(int(os.environ.get("HTTP_PORT", "8080")), path)
        touched = os.stat(os.path.join(os.environ["SIGNS_DIR"], what)).st_mtime  # noqa: PTH116, PTH118
        return time.time() - touched < OLDEST
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_well(sys.argv[1]))
