"""A push service and browsers of its own (RFC 8030), which decrypts with `http_ece` and verifies VAPID with `jwcrypto`."""

import base64
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto import jwk, jws

from harness.waiting import eventually


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """The subscription of one browser, and the messages that the service has for it, one per topic."""

    def __init__(self, service, path):
        self.service, self.path = service, path
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)
        self.received, self.pending, self.status = [], {}, None

    def subscription(self):
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.service.url + self.path, "expirationTime": None,
            "keys": {"p256dh": base64url(point), "auth": base64url(self.secret)}}

    def subscribe(self, device):
        device.put("/v1/push/subscription", self.subscription(), expect=204)
        return self

    def take(self, headers, body, at):
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        message = json.loads(text)
        self.received.append((message, headers, at))
        self.pending[headers["Topic"]] = message

    def wakes(self):
        """The messages that the device gets when it has a network."""
        messages, self.pending = list(self.pending.values()), {}
        return messages

    def next(self, kind, seconds=10):
        return eventually(
            lambda: next((entry for entry in self.received if entry[0]["type"] == kind), None), seconds, f"a push {kind}")


class PushService:
    def __init__(self):
        self.browsers, self.keys, self.status = {}, set(), 201
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                at = time.monotonic()
                body = self.rfile.read(int(self.headers["content-length"]))
                browser = service.browsers[self.path]
                status = browser.status or service.status
                service.verify(self.headers["Authorization"])
                if status == 201:
                    browser.take(dict(self.headers), body, at)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def verify(self, authorization):
        kind, parameters = authorization.split(" ", 1)
        values = dict(part.strip().split("=", 1) for part in parameters.split(","))
        point = base64.urlsafe_b64decode(values["k"] + "=" * (-len(values["k"]) % 4))
        x, y = base64url(point[1:33]), base64url(point[33:])
        token = jws.JWS()
        token.deserialize(values["t"], jwk.JWK(kty="EC", crv="P-256", x=x, y=y))
        claims = json.loads(token.payload)
        assert kind == "vapid" and claims["aud"] == self.url and 0 < claims["exp"] - time.time() <= 86_400
        assert claims["sub"].startswith("mailto:")
        self.keys.add(values["k"])

    def browser(self):
        path = f"/push/{len(self.browsers)}"
        self.browsers[path] = Browser(self, path)
        return self.browsers[path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
