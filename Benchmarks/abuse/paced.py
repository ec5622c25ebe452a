"""Requests at a rate, over as many connections as it takes while answers are outstanding, from one thread."""

import collections
import errno
import selectors
import socket
import time

import client

# A server that answers none of them gets no more than so many.
MOST = 800


class Requests:
    """`next_request` returns the bytes of a request and its name. An answer is the head of a response, and its body has arrived when
    `Content-Length` says so."""

    def __init__(self, port, source, next_request):
        self.address, self.source, self.next_request = ("127.0.0.1", port), source, next_request
        self.selector = selectors.DefaultSelector()
        self.idle, self.count = [], 0
        self.counts = collections.Counter()

    def send(self):
        """One more request, if there is a connection for it."""
        if not self.idle and self.count < MOST:
            self._connect()
        if not self.idle:
            self.counts["not sent"] += 1
            return
        connection = self.idle.pop()
        data, name = self.next_request()
        self.selector.modify(connection, selectors.EVENT_READ, [name, b""])
        try:
            connection.sendall(data)
        except OSError:
            self._drop(connection)

    def take_answers(self, seconds):
        for key, _ in self.selector.select(seconds):
            connection, state = key.fileobj, key.data
            try:
                data = connection.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                self._drop(connection)
                continue
            if state is None:
                continue
            state[1] += data
            head, end, body = state[1].partition(b"\r\n\r\n")
            fields = head.lower()
            length = fields.partition(b"content-length:")[2].partition(b"\r\n")[0]
            if not end or len(body) < int(length or 0):
                continue
            self.counts[f"{int(head[9:12])} for {state[0]}"] += 1
            if b"connection: close" in fields:
                self._close(connection)
            else:
                self.selector.modify(connection, selectors.EVENT_READ, None)
                self.idle.append(connection)

    def _connect(self):
        connection = socket.socket()
        connection.bind((self.source, 0))
        connection.settimeout(2)
        try:
            connection.connect(self.address)
        except OSError as error:
            connection.close()
            self.counts[errno.errorcode.get(error.errno, "no connection")] += 1
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ, None)
        self.idle.append(connection)
        self.count += 1

    def _drop(self, connection):
        self.counts["closed"] += 1
        self._close(connection)

    def _close(self, connection):
        if connection in self.idle:
            self.idle.remove(connection)
        self.selector.unregister(connection)
        connection.close()
        self.count -= 1


def pace(per_second, act, wait):
    """Calls `act` so often, and `wait` with a time in seconds in between. Yields twice a second; what is late is made up for."""
    began, done, told = time.monotonic(), 0, 0.0
    while True:
        now = time.monotonic() - began
        for _ in range(min(int(now * per_second) - done, per_second)):
            act()
            done += 1
        wait(max(0.0, min(0.01, (done + 1) / per_second - (time.monotonic() - began))))
        if now - told > 0.5:
            told = now
            yield done / now


class Sockets:
    """WebSockets of one device whose answers are dropped.

    A message goes to the next one of which all earlier messages have left. If there is none, it is not sent, or, with `renews`, sent over
    a new socket in place of the one that has waited longest.
    """

    def __init__(self, port, token, source, count, renews):
        self.port, self.token, self.source, self.count, self.renews = port, token, source, count, renews
        self.selector = selectors.DefaultSelector()
        self.free, self.blocked = collections.deque(), {}
        self.counts = collections.Counter()

    def send(self, data, name):
        if not self.free and len(self.blocked) < self.count:
            self._open()
        if not self.free and self.renews and self.blocked:
            self._close(next(iter(self.blocked)))
            self._open()
        if not self.free:
            self.counts["not sent"] += 1
            return
        connection = self.free.popleft()
        self._write(connection, data)
        self.counts[name] += 1

    def wait(self, seconds):
        for key, events in self.selector.select(seconds):
            connection = key.fileobj
            if events & selectors.EVENT_WRITE and connection in self.blocked:
                self._write(connection, self.blocked.pop(connection))
            if events & selectors.EVENT_READ:
                self._drain(connection)

    def _open(self):
        try:
            connection = client.open_socket(self.port, self.token, self.source, seconds=2)
        except (OSError, RuntimeError, client.Closed):
            self.counts["no socket"] += 1
            return
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ)
        self.free.append(connection)
        self.counts["sockets"] += 1

    def _write(self, connection, data):
        try:
            data = data[connection.send(data):]
        except BlockingIOError:
            pass
        except OSError:
            return self._close(connection)
        if data:
            self.blocked[connection] = data
            self.selector.modify(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
        else:
            self.selector.modify(connection, selectors.EVENT_READ)
            self.free.append(connection)

    def _drain(self, connection):
        try:
            if connection.recv(1 << 16):
                return
        except BlockingIOError:
            return
        except (OSError, ValueError):
            pass
        if connection.fileno() >= 0:
            self.counts["closed"] += 1
            self._close(connection)

    def _close(self, connection):
        self.blocked.pop(connection, None)
        if connection in self.free:
            self.free.remove(connection)
        self.selector.unregister(connection)
        connection.close()
