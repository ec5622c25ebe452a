"""Raw bytes on a socket, for requests that no client library sends."""

import base64
import os
import socket
import struct

from harness.waiting import eventually


class Connection:
    """A TCP connection to the server, and the responses that were read."""

    def __init__(self, server, seconds=10, source=None):
        """`source` is the loopback address to come from."""
        self.socket = socket.create_connection(
            ("127.0.0.1", server.port), timeout=seconds, source_address=(source, 0) if source else None)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends as much as the server accepts; it may close the connection before the end."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def head(self):
        """The status and header fields of the next response, with lowercase names."""
        while b"\r\n\r\n" not in self.buffer:
            assert self._more(), f"closed before an answer: {self.buffer!r}"
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()
        return int(first.split(" ")[1]), fields

    def response(self):
        """The status, header fields and body of the next response, which must have a Content-Length."""
        status, fields = self.head()
        length = int(fields.get("content-length", 0))
        while len(self.buffer) < length:
            assert self._more(), "closed in the middle of a body"
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return status, fields, body

    def is_closed_by_peer(self, seconds=10):
        """Reads until the server closes the connection; False if it has not in this time."""
        self.socket.settimeout(seconds)
        try:
            while self._more():
                pass
            return True
        except (TimeoutError, socket.timeout):
            return False

    def wait_closed(self, seconds, what):
        self.socket.setblocking(False)

        def closed():
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True
            self.buffer += data
            return not data

        eventually(closed, seconds, what)


def request_head(method, path, *fields, host="127.0.0.1"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode("latin-1")


# WebSocket frames, RFC 6455 section 5.

TEXT, BINARY, CLOSE, PING, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0x0


def upgrade_head(*fields, path="/v1/socket"):
    key = base64.b64encode(os.urandom(16)).decode()
    return request_head(
        "GET", path, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Protocol: ringback.v1", *fields)


def frame(opcode, payload=b"", fin=True, masked=True, claimed_length=None, reserved=0):
    length = len(payload) if claimed_length is None else claimed_length
    first = (0x80 if fin else 0) | (reserved << 4) | opcode
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mask_bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class RawWebSocket(Connection):
    """An upgraded connection of a device, frame by frame."""

    PATH = "/v1/socket"

    def __init__(self, server, device=None, seconds=10, source=None):
        super().__init__(server, seconds, source)
        fields = [f"Authorization: Bearer {device.token}"] if device else []
        self.send(upgrade_head(*fields, path=self.PATH))
        status, self.fields = self.head()
        assert status == 101, f"no upgrade: {status}"

    def next_frame(self):
        """The opcode and payload of the next frame; None if the server has closed without one."""
        while True:
            parsed = self._parse()
            if parsed is not None:
                return parsed
            if not self._more():
                return None

    def _parse(self):
        data = self.buffer
        if len(data) < 2:
            return None
        length, start = data[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start or len(data) < start + length:
            return None
        self.buffer = data[start + length:]
        return data[0] & 0x0F, data[start:start + length]

    def close_code(self):
        """The code of the server's close frame, after any other frames. Answers with a close frame."""
        while (received := self.next_frame()) is not None:
            opcode, payload = received
            if opcode == CLOSE:
                self.send(frame(CLOSE, payload[:2]))
                return int.from_bytes(payload[:2], "big") if payload else 1005
        return None

    def close_code_within(self, seconds):
        """The code of the server's close frame; None if there is none in this time."""
        self.socket.settimeout(seconds)
        try:
            return self.close_code()
        except TimeoutError:
            return None


class AfterUpgrade(RawWebSocket):
    """Frames on a connection that is already upgraded."""

    def __init__(self, connection):
        self.socket, self.buffer = connection.socket, connection.buffer
