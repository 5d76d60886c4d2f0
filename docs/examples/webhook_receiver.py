"""Receives webhooks, verifies them, and prints each event once: `python webhook_receiver.py SECRET PORT`."""

import base64
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET, PORT = sys.argv[1], int(sys.argv[2])
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
SEEN = set()  # a real receiver keeps the ids where a restart doesn't lose them


def is_genuine(headers, body):
    ident, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    content = f"{ident}.{moment}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()
    given = headers.get("webhook-signature", "").split()  # two while a secret is renewed
    is_recent = moment.isdecimal() and abs(time.time() - int(moment)) < 300
    return is_recent and any(hmac.compare_digest(expected, one) for one in given)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        genuine = is_genuine(self.headers, body)
        if genuine and self.headers["webhook-id"] not in SEEN:
            event = json.loads(body)
            print(event["name"], event["position"], flush=True)
            SEEN.add(event["id"])  # after the work: what fails comes again
        self.send_response(204 if genuine else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
