"""Print every event that you may read, and miss none: python stream.py http://localhost:8080 TOKEN [name …]"""

import json
import sys
import time

import httpx
from httpx_sse import connect_sse

host, token, *names = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
timeout = httpx.Timeout(10, read=40)  # the server sends a comment each 15 seconds

with httpx.Client(base_url=host, headers=headers, timeout=timeout) as client:
    last = {}  # keep it where a restart doesn't lose it
    while True:
        try:
            with connect_sse(
                client, "GET", "/events/stream", params={"name": names}, headers=last
            ) as source:
                source.response.raise_for_status()
                for event in source.iter_sse():
                    if event.data:  # the first one only says where the stream begins
                        print(event.event, json.loads(event.data).get("changes"), flush=True)
                    last = {"Last-Event-ID": event.id}
        except httpx.TransportError:
            time.sleep(1)
