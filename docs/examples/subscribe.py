"""Print every event of a running Callboard: python docs/examples/subscribe.py amqp://… [name …]"""

import sys

from kombu import Connection, Exchange, Queue, binding

uri, *names = sys.argv[1:]
services = ("auth", "assets", "tasks", "chat", "crud")
exchanges = [Exchange(f"{name}.events", "topic", durable=True) for name in services]
queue = Queue(
    "my-subscriber",  # yours and durable: what happens while you are away waits here
    bindings=[binding(exchange, name) for exchange in exchanges for name in names or ["#"]],
    queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": 20},
)


def show(payload, message):
    headers = message.headers
    print(
        headers["time"],
        message.delivery_info["routing_key"],
        payload,
        headers["event_id"],
        flush=True,
    )
    message.ack()  # only now: an event whose handling crashed comes again, with the same event_id


with Connection(uri, heartbeat=10) as connection:
    with connection.Consumer([queue], callbacks=[show], prefetch_count=50):
        while True:
            connection.drain_events()
