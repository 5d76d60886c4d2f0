"""Print changed tasks with gazu: python listen_with_gazu.py http://localhost:8080 EMAIL PASSWORD"""

import sys

import gazu

host, email, password = sys.argv[1:]
gazu.set_host(f"{host}/api")
gazu.set_event_host(host)
gazu.log_in(email, password)


def show(data):
    print("task:update", data["task_id"], flush=True)


client = gazu.events.init()
gazu.events.add_listener(client, "task:update", show)
gazu.events.run_client(client)
