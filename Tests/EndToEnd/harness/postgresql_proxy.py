"""A proxy in front of PostgreSQL's Unix socket: it delays what clients send, and closes the connections of some of them."""

import socket
import tempfile
import threading
import time
from pathlib import Path

from harness.listener import Listener


class PostgreSQLProxy:
    """`delay` is that of each message of a client's, in seconds; connections whose name has `refused` in it are closed."""

    def __init__(self, database):
        self._target = str(database.folder / ".s.PGSQL.5432")
        self._folder = Path(tempfile.mkdtemp(prefix="ringback-pg-proxy-"))
        self._database = database
        self.delay = 0
        self._refused = None
        self._open = {}
        self._lock = threading.Lock()
        self._listener = Listener(self._serve, self._folder / ".s.PGSQL.5432")

    def schema(self, name):
        """Like the database's own, by way of the proxy."""
        return self._database.schema(name).replace(str(self._database.folder), str(self._folder))

    def refuse(self, name):
        """Closes the connections of sessions with this in their names, and further ones; with None, no more."""
        with self._lock:
            self._refused = name
            closing = [ends for ends, owner in self._open.items() if name is not None and name in owner]
        for ends in closing:
            for end in ends:
                _shut(end)

    def close(self):
        self._listener.close()

    def _serve(self, client):
        try:
            # The first message has the name of the session.
            startup = client.recv(65536)
            owner = startup.decode("latin-1")
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
        except OSError:
            return _shut(client)
        ends = (client, server)
        with self._lock:
            if self._refused is not None and self._refused in owner:
                return [_shut(end) for end in ends]
            self._open[ends] = owner
        try:
            server.sendall(startup)
            threading.Thread(target=self._copy, args=(server, client, False), daemon=True).start()
            self._copy(client, server, True)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.pop(ends, None)

    def _copy(self, source, target, is_delayed):
        try:
            while data := source.recv(1 << 18):
                if is_delayed and self.delay:
                    time.sleep(self.delay)
                target.sendall(data)
        except OSError:
            pass
        _shut(source)
        _shut(target)


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
