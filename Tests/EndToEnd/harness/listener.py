"""A listening socket whose connections are served in threads."""

import socket
import threading


class Listener:
    """`serve(connection)` runs in a thread of its own for each connection. With `path`, a Unix socket; else TCP on loopback."""

    def __init__(self, serve, path=None):
        if path is None:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = self._socket.getsockname()[1]
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(path))
            self._socket.listen(100)
        self._serve = serve
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Without this, the thread that waits in accept() would take one more connection.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
