"""An endpoint for webhooks, which records what it receives."""

import base64
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook


def secret():
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


class Endpoint:
    """Verifies each message with the convention's own library. `respond` gives the status, or None for no response.

    `location` is where a redirect points to.
    """

    def __init__(self, *, respond=lambda message: 200, location=None, port=0):
        self.secret, self.respond, self.location = secret(), respond, location
        self.messages, self.ids, self.times, self.headers = [], [], [], []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                endpoint.take(self)

            def log_message(self, *_):
                pass

        class HTTPServer(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request):
        body = request.rfile.read(int(request.headers["content-length"]))
        message = Webhook(self.secret).verify(body, dict(request.headers))
        status = self.respond(message)
        if status is None:
            time.sleep(60)
        if 200 <= status < 300:
            self.times.append(time.monotonic())
            self.ids.append(request.headers["webhook-id"])
            self.headers.append(dict(request.headers))
            self.messages.append(message)
        request.send_response(status)
        if self.location:
            request.send_header("location", self.location)
        request.send_header("content-length", "0")
        request.end_headers()

    def types(self, call_id=None):
        return [m["type"] for m in self.messages if call_id is None or call_of(m) == call_id]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def call_of(message):
    return message["data"].get("call", {}).get("callId")


def write_configuration(path, *endpoints):
    """A file for --webhooks; each of `endpoints` is a name, an `Endpoint` or URL, and members of its own."""
    items = []
    for name, endpoint, extra in endpoints:
        key = path.parent / f"{name}.secret"
        key.write_text((endpoint.secret if isinstance(endpoint, Endpoint) else secret()) + "\n")
        url = endpoint.url if isinstance(endpoint, Endpoint) else endpoint
        items.append({"name": name, "url": url, "secretFile": key.name, "addresses": "any", **extra})
    path.write_text(json.dumps({"endpoints": items}))
    return path
