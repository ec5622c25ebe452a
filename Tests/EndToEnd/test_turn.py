"""coturn with the credentials of Ringback: which ones permit relaying, and which do not."""

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import time

import aioice.stun
import aioice.turn
import pytest
import requests

from harness.api import register
from harness.server import ROOT
from harness.turn import Turn
from harness.waiting import Together, eventually


@pytest.fixture
def turn(tmp_path):
    turn = Turn(tmp_path)
    yield turn
    turn.stop()


class Collector(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = asyncio.Queue()

    def datagram_received(self, data, address):
        self.received.put_nowait((data, address))


async def relay(port, username, password):
    """Sends a datagram through the relay to a local socket, and returns what arrives there."""
    loop = asyncio.get_running_loop()
    peer, collector = await loop.create_datagram_endpoint(Collector, local_addr=("127.0.0.1", 0))
    transport, _ = await asyncio.wait_for(
        aioice.turn.create_turn_endpoint(
            Collector, server_addr=("127.0.0.1", port), username=username, password=password), 10)
    try:
        transport.sendto(b"through the relay", peer.get_extra_info("sockname"))
        data, address = await asyncio.wait_for(collector.received.get(), 5)
        assert address[1] == transport.get_extra_info("sockname")[1], "it did not come from the relay"
        return data
    finally:
        transport.close()
        peer.close()


def relayed(*arguments):
    """In a thread, since Playwright has an event loop in this one."""
    return Together(lambda: asyncio.run(relay(*arguments))).result(60)


def credentials(server):
    answer = register(server, "vasya").get("/v1/ice-servers")
    return answer["iceServers"]


def test_a_valid_credential_permits_relaying(start_server, turn):
    server = start_server("--turn-urls", turn.url, "--turn-secret", turn.SECRET)
    (ice,) = credentials(server)
    assert relayed(turn.port, ice["username"], ice["credential"]) == b"through the relay"


def sign(username, secret):
    return base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()


def test_tampered_foreign_and_expired_credentials_do_not_permit_relaying(start_server, turn):
    server = start_server("--turn-urls", turn.url, "--turn-secret", turn.SECRET)
    (ice,) = credentials(server)
    expiry, user = ice["username"].split(":")
    old = f"{int(time.time()) - 10}:{user}"
    for username, password in [
        (f"{int(expiry) + 3600}:{user}", ice["credential"]),  # an extended lifetime
        (f"{expiry}:petya", ice["credential"]),  # the name of another user
        (ice["username"], ("B" if ice["credential"][0] == "A" else "A") + ice["credential"][1:]),
        (ice["username"], sign(ice["username"], "another secret")),
        (old, sign(old, turn.SECRET)),
    ]:
        with pytest.raises(aioice.stun.TransactionFailed) as refusal:
            relayed(turn.port, username, password)
        assert refusal.value.response.attributes["ERROR-CODE"][0] in (401, 441), username


def test_servers_may_have_different_secrets(start_server):
    urls = "turn:one.example.org:3478,turns:two.example.org,turn:one.example.org?transport=tcp,turn:three.example.org"
    server = start_server(
        "--turn-urls", urls, "--turn-secret", "for the rest", "--turn-secrets", "one.example.org=first,TWO.example.org=a=b")
    one, two, three = credentials(server)
    assert one["urls"] == ["turn:one.example.org:3478", "turn:one.example.org?transport=tcp"]
    assert one["credential"] == sign(one["username"], "first")
    assert two["credential"] == sign(two["username"], "a=b")
    assert (three["urls"], three["credential"]) == (
        ["turn:three.example.org"], sign(three["username"], "for the rest"))


def test_credentials_require_a_sign_in_and_are_rate_limited(start_server):
    server = start_server("--turn-urls", "turn:one.example.org", "--turn-secret", "first")
    assert requests.get(server.url + "/v1/ice-servers", timeout=5).status_code == 401
    vasya, petya = register(server, "vasya"), register(server, "petya")
    answers = [vasya.request("GET", "/v1/ice-servers") for _ in range(40)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) >= 1
    assert petya.request("GET", "/v1/ice-servers").status_code == 200


@pytest.fixture
def shipped(tmp_path):
    """coturn with the configuration of `deploy/`, on the loopback interface."""
    assert shutil.which("turnserver"), "no coturn: `apt-get install coturn`"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = (ROOT / "deploy" / "coturn.conf").read_text().replace("external-ip=203.0.113.7\n", "")
    assert "CHANGE-ME" in text
    config = tmp_path / "coturn.conf"
    config.write_text(text)
    process = subprocess.Popen(
        ["turnserver", "-c", config, "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
         "--no-tls", "--no-dtls", f"--userdb={tmp_path / 'turn.sqlite'}", f"--pidfile={tmp_path / 'turn.pid'}",
         f"--log-file={tmp_path / 'turn.log'}", "--simple-log"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        assert process.poll() is None, "coturn ended"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.sendto(bytes.fromhex("000100002112a442") + b"ringback-end", ("127.0.0.1", port))
            try:
                return client.recv(100)[:2] == b"\x01\x01"
            except OSError:
                return False

    eventually(answers, 15, "coturn answers")
    yield port
    process.terminate()
    process.wait(10)


@pytest.mark.parametrize("peer", [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"])
def test_the_shipped_configuration_does_not_relay_to_private_addresses(shipped, peer):
    secret = "CHANGE-ME-openssl-rand-hex-32"
    username = f"{int(time.time()) + 600}:vasya"

    async def permission():
        transport, _ = await aioice.turn.create_turn_endpoint(
            Collector, server_addr=("127.0.0.1", shipped), username=username, password=sign(username, secret))
        inner = transport._TurnTransport__inner_protocol
        request = aioice.stun.Message(
            message_method=aioice.stun.Method.CREATE_PERMISSION, message_class=aioice.stun.Class.REQUEST)
        request.attributes["XOR-PEER-ADDRESS"] = (peer, 9)
        try:
            await asyncio.wait_for(inner.request_with_retry(request), 10)
        finally:
            transport.close()

    with pytest.raises(aioice.stun.TransactionFailed) as refusal:
        Together(lambda: asyncio.run(permission())).result(60)
    assert refusal.value.response.attributes["ERROR-CODE"][0] == 403
