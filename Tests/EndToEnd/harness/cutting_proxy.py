"""A TCP proxy in front of a server that closes a client's connection at a chosen point of its next write."""

import json
import socket
import struct
import threading

from harness.listener import Listener

NOTHING_SENT = "before the request has left"
HALF_SENT = "in the middle of the request"
SENT = "when the request has arrived"
ANSWERED = "before the answer has arrived"
HALF_ANSWERED = "in the middle of the answer"
SWALLOWED = "by swallowing it in silence"
POINTS = [NOTHING_SENT, HALF_SENT, SENT, ANSWERED, HALF_ANSWERED]


class CuttingProxy:
    def __init__(self, server):
        self._target = ("127.0.0.1", server.port)
        self.planned = []
        self.done = []
        self._lock = threading.Lock()
        self._listener = Listener(self._serve)
        self.url = f"http://127.0.0.1:{self._listener.port}"

    def cut(self, *plan):
        """The next writes are cut, one connection each: `("socket", SENT)`, `("http", ANSWERED)`."""
        self.done, self.planned = [], list(plan)

    def close(self):
        self._listener.close()

    def _serve(self, client):
        try:
            server = socket.create_connection(self._target)
        except OSError:
            return client.close()
        _Connection(self, client, server).relay()

    def point_for(self, way):
        """The point at which a write over this transport is cut; None if it is not."""
        with self._lock:
            if not self.planned or self.planned[0][0] != way:
                return None
            self.done.append(self.planned.pop(0))
            return self.done[-1][1]


class _Connection:
    """Both directions of one connection, message by message."""

    def __init__(self, proxy, client, server):
        self._proxy, self._client, self._server = proxy, client, server
        self._is_socket = False
        # The response to cut: the point, and the request's id.
        self._awaited = None

    def relay(self):
        """Until the client's direction ends."""
        threading.Thread(target=self._answers, daemon=True).start()
        self._requests()

    def _cut(self):
        for end in (self._client, self._server):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
        raise OSError("cut")

    def _requests(self):
        try:
            for message, payload in self._messages(self._client):
                way = "socket" if self._is_socket else "http"
                is_write = b'"key":' in payload if self._is_socket else b"idempotency-key:" in message.lower()
                point = self._proxy.point_for(way) if is_write else None
                if point == NOTHING_SENT:
                    self._cut()
                if point == SWALLOWED:
                    continue
                if point == HALF_SENT:
                    self._server.sendall(message[:len(message) // 2])
                    self._cut()
                if point in (ANSWERED, HALF_ANSWERED):
                    self._awaited = point, json.loads(payload)["id"] if self._is_socket else None
                self._server.sendall(message)
                if point == SENT:
                    self._cut()
            self._server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _answers(self):
        try:
            for message, payload in self._messages(self._server):
                if self._awaited and (not self._is_socket or json.loads(payload).get("id") == self._awaited[1]):
                    if self._awaited[0] == HALF_ANSWERED:
                        self._client.sendall(message[:len(message) // 2])
                    self._cut()
                if message.startswith(b"HTTP/1.1 101"):
                    self._is_socket = True
                self._client.sendall(message)
            self._client.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _messages(self, source):
        """Each HTTP message, or WebSocket frame, as bytes, with its body or payload."""
        data = b""
        while more := source.recv(65536):
            data += more
            while (parsed := (_frame if self._is_socket else _http_message)(data)) is not None:
                length, payload = parsed
                yield data[:length], payload
                data = data[length:]


def _http_message(data):
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = [line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:]]
    length = next((int(value) for name, value in fields if name == b"content-length"), 0)
    return None if len(body) < length else (len(head) + 4 + length, body[:length])


def _frame(data):
    """A frame (RFC 6455, section 5.2): its length, and its payload without the mask."""
    if len(data) < 2:
        return None
    length, start = data[1] & 0x7F, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
    mask = data[start:start + 4] if data[1] & 0x80 else bytes(4)
    start += 4 if data[1] & 0x80 else 0
    if len(data) < start + length:
        return None
    payload = data[start:start + length]
    return start + length, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
