"""A TCP proxy in front of a server that can go silent: it then discards all data without closing connections."""

import socket
import threading


class Proxy:
    def __init__(self, server):
        self.target = ("127.0.0.1", server.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.silenced = set()
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self):
        """The current connections go silent; later ones are forwarded."""
        self.silenced.update(self.open)

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            self.open += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source, sink):
        try:
            while data := source.recv(65536):
                if source not in self.silenced:
                    sink.sendall(data)
            if source not in self.silenced:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
