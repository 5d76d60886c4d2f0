"""Print the events of an account at the broker: python docs/examples/subscriber_account.py amqp://… queue"""

import sys

from kombu import Connection, Queue

uri, name = sys.argv[1:]
queue = Queue(name, queue_arguments={"x-queue-type": "quorum"})  # it exists, and is bound


def show(event, message):
    fields = ", ".join(event["changes"])
    print(event["position"], event["time"], event["name"], fields, event["id"], flush=True)
    message.ack()  # only now: an event whose handling crashed comes again, with the same id


with Connection(uri, heartbeat=10) as connection:
    with connection.Consumer([queue], callbacks=[show], prefetch_count=50):
        while True:
            connection.drain_events()
