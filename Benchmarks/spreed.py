"""Two nodes of nextcloud-spreed-signaling on a nats-server, both from Debian, with everything in memory."""

import contextlib
import http.server
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

from servers import Server

NAME = "two nodes, nextcloud-spreed-signaling"
CONFIGURATION = """
[http]
listen = 127.0.0.1:{port}
[sessions]
hashkey = 0123456789abcdef0123456789abcdef
blockkey = 0123456789abcdef
[backend]
allowall = true
secret = benchmark
[nats]
url = nats://127.0.0.1:{nats}
"""


class Backend(http.server.BaseHTTPRequestHandler):
    """Stands for Nextcloud: every client is who it says it is."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = request["auth"]["params"]["userid"]
        data = {"type": "auth", "auth": {"version": "1.0", "userid": user, "user": {}}}
        meta = {"status": "ok", "statuscode": 200, "message": "OK"}
        answer = json.dumps({"ocs": {"meta": meta, "data": data}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Spreed(Server):
    """Caller and callee are at different nodes. The CPU is that of both and of the NATS server."""

    name = NAME

    def __init__(self, packages):
        self.packages = pathlib.Path(packages)

    @contextlib.contextmanager
    def start(self, **_):
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
            # The nodes end without closing their connections.
            backend.handle_error = lambda *_: None
            threading.Thread(target=backend.serve_forever, daemon=True).start()
            stack.callback(backend.server_close)
            stack.callback(backend.shutdown)
            nats = free_port()
            broker = stack.enter_context(process(
                [self.packages / "usr/sbin/nats-server", "--addr", "127.0.0.1", "--port", str(nats)], nats))
            ports = [free_port(), free_port()]
            nodes = []
            for port in ports:
                configuration = folder / f"{port}.conf"
                configuration.write_text(CONFIGURATION.format(port=port, nats=nats))
                nodes.append(stack.enter_context(process(
                    [self.packages / "usr/bin/nextcloud-spreed-signaling-server", "--config", configuration], port)))
            self.options = {"transport": "spreed", "backend_port": backend.server_port, "callee_port": ports[1]}
            self.more = ["--other-pid", str(nodes[1].pid), "--other-pid", str(broker.pid)]
            yield ports[0], nodes[0].pid, 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def process(command, port):
    """Waits until it listens."""
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} did not start")
        yield started
    finally:
        started.terminate()
        started.wait()
