"""A TCP proxy in front of a server that can go silent: it then discards all data without closing connections."""

import socket
import threading

from harness.listener import Listener


class Proxy:
    def __init__(self, server):
        self.target = ("127.0.0.1", server.port)
        self.silenced = set()
        self.open = []
        self.listener = Listener(self._serve)
        self.url = f"http://127.0.0.1:{self.listener.port}"

    def silence(self):
        """The current connections go silent; later ones are forwarded."""
        self.silenced.update(self.open)

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()

    def _serve(self, client):
        try:
            server = socket.create_connection(self.target)
        except OSError:
            return client.close()
        self.open += [client, server]
        threading.Thread(target=self._forward, args=(server, client), daemon=True).start()
        self._forward(client, server)

    def _forward(self, source, sink):
        try:
            while data := source.recv(65536):
                if source not in self.silenced:
                    sink.sendall(data)
            if source not in self.silenced:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
