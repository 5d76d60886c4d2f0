"""Print every event in full: python subscribe_with_pika.py amqp://… [name …]"""

import json
import sys

import pika

uri, *names = sys.argv[1:]
QUEUE = "my-pika-subscriber"  # yours and durable: what happens while you are away waits here


def show(channel, method, _properties, body):
    event = json.loads(body)
    print(event["name"], event["about"], event["changes"], flush=True)
    channel.basic_ack(method.delivery_tag)  # only now: what crashed comes again, with the same id


channel = pika.BlockingConnection(pika.URLParameters(uri)).channel()
channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
for name in names or ["#"]:
    channel.queue_bind(QUEUE, "callboard.full", name)
channel.basic_qos(prefetch_count=50)
channel.basic_consume(QUEUE, show)
channel.start_consuming()
