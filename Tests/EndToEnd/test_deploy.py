"""The configurations of nginx and HAProxy in deploy/, before three servers on one PostgreSQL."""

import asyncio
import secrets
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests
import websockets

from harness.api import TalkingPair, host_candidate
from harness.deploy import Proxy
from harness.postgresql import PostgreSQL
from harness.server import Server, binary, environment
from harness.waiting import Together, eventually


@pytest.fixture(scope="module")
def nodes(one_database, tmp_path_factory):
    url = one_database.schema(f"t_{secrets.token_hex(6)}")
    nodes = [
        Server(tmp_path_factory.mktemp("nodes") / f"node-{n}", "--node-name", f"node-{n}", database=url).start()
        for n in (1, 2, 3)
    ]
    yield nodes
    for node in nodes:
        node.stop()


@pytest.fixture(params=["nginx", "haproxy"])
def proxy(request, nodes, monkeypatch):
    with Proxy(request.param, [node.port for node in nodes]) as proxy:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.certificate))
        eventually(lambda: requests.get(proxy.url + "/healthz", timeout=5).status_code == 200, 10, "a server is there")
        yield proxy


@pytest.fixture
def pair(proxy):
    suffix = secrets.token_hex(4)
    return TalkingPair(proxy, f"vasya-{suffix}", f"petya-{suffix}")


def test_events_come_at_once_over_each_transport(proxy, pair):
    """Without buffering, over servers that are not the one that was asked."""
    async def run():
        address = proxy.url.replace("https", "wss") + "/v1/socket"
        bearer = {"Authorization": f"Bearer {pair.callee.token}"}
        async with websockets.connect(
            address, ssl=ssl.create_default_context(cafile=proxy.certificate), additional_headers=bearer, subprotocols=["ringback.v1"],
        ) as socket:
            await asyncio.wait_for(socket.recv(), 10)
            stream = await asyncio.to_thread(
                pair.callee.http.get, proxy.url + "/v1/events/stream", stream=True, timeout=20)
            lines = stream.iter_lines()
            poll = Together(pair.callee.events, 20)
            await asyncio.sleep(0.5)  # until the poll waits
            started = time.monotonic()
            await asyncio.to_thread(pair.caller.candidates, pair.call_id, host_candidate(7))
            while (await asyncio.wait_for(socket.recv(), 5)).find("call.candidates") < 0:
                pass
            while b"call.candidates" not in await asyncio.to_thread(next, lines):
                pass
            assert "call.candidates" in [event["type"] for event in poll.result(5)]
            stream.close()
            return time.monotonic() - started

    assert Together(lambda: asyncio.run(run())).result(60) < 4


def test_large_bodies_pass(proxy, pair):
    sdp = "v=0\r\n" + "a=x:" + "y" * 120_000 + "\r\n"
    pair.caller.post(
        f"/v1/calls/{pair.call_id}/offer", {"description": {"type": "offer", "sdp": sdp}}, expect=201)


def test_nobody_asks_the_operators_resources_and_tls_is_recent(proxy):
    for path in ("/metrics", "/readyz"):
        assert requests.get(proxy.url + path, timeout=10).status_code == 404
    answer = requests.get(proxy.url + "/healthz", timeout=10)
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for version, is_spoken in (("tls1_1", False), ("tls1_2", True), ("tls1_3", True)):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"localhost:{proxy.port}", f"-{version}", "-cipher", "DEFAULT@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        assert (done.returncode == 0) == is_spoken, (version, done)


def test_the_doctor_finds_nothing_wrong_from_outside(proxy, tmp_path):
    done = subprocess.run(
        [binary(), "doctor", proxy.url, "--certificate-authorities", proxy.certificate], capture_output=True, text=True,
        timeout=60, env={**environment(), "HOME": str(tmp_path)})
    assert done.returncode == 0, done
    assert "ok   server:" in done.stdout and "ok   tls:" in done.stdout


def test_a_call_goes_on_without_one_of_the_servers(proxy, pair, nodes):
    nodes[0].kill9()
    try:
        for number in range(1, 7):
            pair.caller.candidates(pair.call_id, host_candidate(number))
            assert pair.callee.get(f"/v1/calls/{pair.call_id}")["state"] == "active"
        assert pair.callee.next_event("call.candidates")
        pair.caller.hang_up(pair.call_id)
    finally:
        nodes[0].restart()


class Recorder:
    """A server that reads requests and closes without an answer; it passes each health check."""

    def __init__(self):
        self.heads = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                head = connection.recv(65_536).decode(errors="replace")
                if head.startswith(("GET /readyz", "OPTIONS")):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                elif head:
                    self.heads.append(head)

    def close(self):
        self._socket.close()


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
@pytest.mark.parametrize("method, tries", [("GET", "several"), ("POST", "one"), ("PATCH", "one")])
def test_what_changes_something_is_sent_once(kind, method, tries):
    servers = [Recorder(), Recorder(), Recorder()]
    try:
        with Proxy(kind, [server.port for server in servers]) as proxy:
            answer = requests.request(
                method, proxy.url + "/v1/calls", json=None if method == "GET" else {}, timeout=20,
                verify=str(proxy.certificate), headers={"X-Forwarded-For": "192.0.2.7"})
            assert answer.status_code == 502
            heads = [head for server in servers for head in server.heads if head.startswith(method)]
            assert (len(heads) == 1) == (tries == "one"), heads
            for head in heads:
                fields = [line.lower() for line in head.splitlines()]
                assert [line for line in fields if line.startswith("x-forwarded-for")] == ["x-forwarded-for: 127.0.0.1"]
                assert f"host: localhost:{proxy.port}" in fields
    finally:
        for server in servers:
            server.close()


def test_haproxy_passes_on_what_servers_without_database_say(tmp_path, monkeypatch):
    database = PostgreSQL()
    try:
        node = Server(tmp_path / "node", database=database.url).start()
        with Proxy("haproxy", [node.port]) as proxy:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.certificate))
            eventually(lambda: requests.get(proxy.url + "/healthz", timeout=5).status_code == 200, 10, "it is there")
            database.stop()
            eventually(lambda: requests.get(node.url + "/readyz", timeout=5).status_code == 503, 10, "it is not ready")
            time.sleep(2.5)  # until HAProxy has seen it
            body = {"userId": "vasya", "password": "correct horse battery"}
            answer = requests.post(proxy.url + "/v1/users", json=body, timeout=20)
            assert answer.status_code == 503 and answer.json()["code"] == "storage_unavailable"
            assert "Retry-After" in answer.headers
            database.start()
        node.stop()
    finally:
        database.remove()
