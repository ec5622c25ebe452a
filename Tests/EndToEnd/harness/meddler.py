"""A proxy before a server that does what careless proxies do."""

import select
import socket
import threading


class Meddler:
    """Passes requests on, each over a connection of its own. `meddle(path, head, client, server)` returns True for what
    it has seen to itself; `change(head)` changes the heads of answers; with `tls`, an SSL context, it ends TLS."""

    def __init__(self, port, meddle=None, change=None, tls=None):
        self._port, self._meddle, self._change, self._tls = port, meddle, change, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        if self._tls:
            try:
                client = self._tls.wrap_socket(client, server_side=True)
            except OSError:
                return  # it does not trust us
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            try:
                head, rest = self.read_head(client)
                path = head.split(b" ")[1].split(b"?")[0].decode()
                if b"upgrade: websocket" not in head.lower():
                    head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                if self._meddle and self._meddle(path, head, client, server):
                    return
                server.sendall(head + rest)
                self._relay(client, server)
            except (OSError, IndexError):
                pass  # one of the two has gone

    @staticmethod
    def read_head(connection):
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                raise OSError("it ended within the head")
            received += more
        head, rest = received.split(b"\r\n\r\n", 1)
        return head + b"\r\n\r\n", rest

    def _relay(self, client, server):
        """What comes from either, until the server ends. In one thread: OpenSSL is not made for two at one connection."""
        answer = b""  # until its head is whole
        sources = [client, server]
        while True:
            # What OpenSSL has decrypted is no longer seen in the socket.
            decrypted = [client] if self._tls and client in sources and client.pending() else []
            for source in decrypted or select.select(sources, [], [])[0]:
                data = source.recv(65536)
                if source is client:
                    if data:
                        server.sendall(data)
                    else:
                        server.shutdown(socket.SHUT_WR)
                        sources.remove(client)
                elif not data:
                    return
                elif answer is None:
                    client.sendall(data)
                else:
                    answer += data
                    head, end, rest = answer.partition(b"\r\n\r\n")
                    if end:
                        client.sendall((self._change(head + end) if self._change else head + end) + rest)
                        answer = None
