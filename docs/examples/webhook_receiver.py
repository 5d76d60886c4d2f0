"""Receives webhooks, verifies them, and prints each event once: python webhook_receiver.py SECRET PORT"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SECRET, PORT = sys.argv[1], int(sys.argv[2])
WEBHOOK = Webhook(SECRET)
SEEN = set()  # a real receiver keeps the ids where a restart doesn't lose them


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = WEBHOOK.verify(body, {k.lower(): v for k, v in self.headers.items()})
        except WebhookVerificationError:
            self.answer(401)
            return
        if event["id"] not in SEEN:
            print(event["name"], event["position"], flush=True)
            SEEN.add(event["id"])  # after the work: what fails comes again
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
