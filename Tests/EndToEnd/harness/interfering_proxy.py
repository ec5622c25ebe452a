"""A proxy in front of a server that behaves like misconfigured proxies."""

import select
import socket

from harness.listener import Listener


class InterferingProxy:
    """Forwards requests, each over its own connection. `interfere(path, head, client, server)` returns True if it has handled
    the request itself; `change(head)` changes the heads of responses; with `tls`, an SSL context, it terminates TLS."""

    def __init__(self, port, interfere=None, change=None, tls=None):
        self._port, self._interfere, self._change, self._tls = port, interfere, change, tls
        self._listener = Listener(self._serve)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.port}"

    def stop(self):
        self._listener.close()

    def _serve(self, client):
        if self._tls:
            try:
                client = self._tls.wrap_socket(client, server_side=True)
            except OSError:
                return  # the client does not trust the certificate
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            try:
                head, rest = self.read_head(client)
                path = head.split(b" ")[1].split(b"?")[0].decode()
                if b"upgrade: websocket" not in head.lower():
                    head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                if self._interfere and self._interfere(path, head, client, server):
                    return
                server.sendall(head + rest)
                self._relay(client, server)
            except (OSError, IndexError):
                pass  # one of the two has closed its connection

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
        """Forwards in both directions until the server ends. In one thread, because an OpenSSL connection can't be used by two."""
        answer = b""  # until the head is complete
        sources = [client, server]
        while True:
            # Data that OpenSSL has decrypted no longer makes the socket readable.
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
