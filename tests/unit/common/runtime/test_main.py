"""Names are looked up on a thread: a slow name server holds nobody else up."""

from __future__ import annotations

import subprocess
import sys

LOOK_UP = """
import socket
from time import sleep  # the thread's own, before eventlet takes its place
others, looks = [], []

def slow(*asked, **_):
    looks.append(asked[0])
    while not others:
        sleep(0.01)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

socket.getaddrinfo = slow
import services.common.runtime.main
import eventlet
def meanwhile():
    while not looks:
        eventlet.sleep(0.01)
    others.append(True)

eventlet.spawn(meanwhile)
try:
    socket.create_connection(("broker.example", 1), timeout=1)
except OSError as error:
    print(looks, type(error).__name__)
"""


def test_other_work_goes_on_while_a_name_is_looked_up() -> None:
    """The look-up here ends only once somebody else has run."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP], capture_output=True, text=True, timeout=25, check=False
    )
    assert done.stdout == "['broker.example'] ConnectionRefusedError\n", done.stderr
