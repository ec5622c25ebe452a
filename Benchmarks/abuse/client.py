"""A small client for attackers and witnesses: blocking sockets, from an address of one's own."""

import base64
import collections
import json
import os
import socket
import struct
import threading
import time

PASSWORD = "correct horse battery"
# Attackers come from other loopback addresses than those they harm.
ATTACKER = "127.0.0.66"


class Closed(Exception):
    """The server has closed the connection."""


def connect(port, source=None, seconds=20):
    connection = socket.create_connection(
        ("127.0.0.1", port), timeout=seconds, source_address=(source, 0) if source else None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def head(method, path, *fields, token=None):
    if token:
        fields = (f"Authorization: Bearer {token}", *fields)
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a", *fields, "", ""]).encode()


class HTTP:
    """One connection, one request after the other; it is made anew when the server has closed it."""

    def __init__(self, port, token=None, source=None, seconds=20):
        self.port, self.token, self.source, self.seconds = port, token, source, seconds
        self.connection, self.buffer = None, b""

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection, self.buffer = None, b""

    def send(self, data):
        if not self.connection:
            self.connection = connect(self.port, self.source, self.seconds)
        self.connection.sendall(data)

    def response(self):
        """Status and body of the next answer."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        fields, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        text = fields.decode("latin-1").lower()
        length = 0
        for line in text.split("\r\n"):
            if line.startswith("content-length:"):
                length = int(line.split(":")[1])
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        if "\r\nconnection: close" in text:
            self.close()
        return int(text.split(" ")[1]), body

    def _more(self):
        data = self.connection.recv(1 << 20)
        if not data:
            self.close()
            raise Closed
        self.buffer += data

    def ask(self, method, path, body=None):
        """Status, and the body decoded."""
        data = b"" if body is None else json.dumps(body).encode()
        fields = [] if body is None else ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        self.send(head(method, path, *fields, token=self.token) + data)
        status, answer = self.response()
        return status, json.loads(answer) if answer else None

    def must(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def status(self, method, path, body=None):
        """The status, or that the server has closed the connection."""
        try:
            return self.ask(method, path, body)[0]
        except (OSError, Closed):
            self.close()
            return "closed"


def repeat(attempts):
    """Repeats each of these functions in a thread of its own, and yields how often they did, and which results came how often."""
    counts = collections.Counter()

    def run(attempt):
        while True:
            counts[attempt()] += 1

    for attempt in attempts:
        threading.Thread(target=run, args=(attempt,), daemon=True).start()
    while True:
        time.sleep(0.5)
        yield sum(counts.values()), text(counts)


def text(counts):
    return ", ".join(f"{count:,} × {result}" for result, count in sorted(counts.items(), key=str))


def sign_in(port, user, source=None, **options):
    """A client of a new user's device."""
    http = HTTP(port, source=source, **options)
    http.must("POST", "/v1/users", {"userId": user, "password": PASSWORD})
    session = http.must("POST", "/v1/sessions", {"userId": user, "password": PASSWORD})
    http.token = session["token"]
    return http


def open_socket(port, token=None, source=None, seconds=20, receive_buffer=None, cursor=None):
    """An upgraded connection."""
    if receive_buffer:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(seconds)
        connection.bind((source or "127.0.0.1", 0))
        connection.connect(("127.0.0.1", port))
    else:
        connection = connect(port, source, seconds)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(head(
        "GET", "/v1/socket" + (f"?cursor={cursor}" if cursor else ""), "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}", token=token))
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = connection.recv(1)
        if not data:
            raise Closed
        answer += data
    if b" 101 " not in answer.split(b"\r\n")[0]:
        raise RuntimeError(answer.decode("latin-1"))
    return connection


def send_requests(connection, requests, at_once=32):
    """Sends (operation, data) over a socket that gets no events, and waits until all are answered."""
    for first in range(0, len(requests), at_once):
        batch = requests[first:first + at_once]
        connection.sendall(b"".join(
            frame(json.dumps({"id": 1, "op": operation, "data": data}).encode()) for operation, data in batch))
        received = b""
        while received.count(b'"status":') < len(batch):
            data = connection.recv(1 << 16)
            if not data:
                raise Closed
            received += data
        if received.count(b'"status":2') < len(batch):
            raise RuntimeError(received[-300:].decode(errors="replace"))


def frame(text):
    """A masked text frame; the mask is zero."""
    length = len(text)
    if length < 126:
        return struct.pack("!BB", 0x81, 0x80 | length) + bytes(4) + text
    if length < 65536:
        return struct.pack("!BBH", 0x81, 0x80 | 126, length) + bytes(4) + text
    return struct.pack("!BBQ", 0x81, 0x80 | 127, length) + bytes(4) + text
