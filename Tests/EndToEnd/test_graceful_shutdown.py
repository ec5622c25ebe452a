"""SIGTERM: waiting clients are notified, and the process exits with 0."""

import shutil

import requests

from harness.api import register
from harness.raw import Connection, RawWebSocket, request_head
from harness.waiting import Together, eventually


def test_sigterm_answers_a_parked_poll_and_closes_sockets(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    vasya.snapshot()
    socket = RawWebSocket(server, petya)
    assert b'"welcome"' in socket.next_frame()[1]
    poll = Together(lambda: vasya.request("GET", f"/v1/events?waitSeconds=60&cursor={vasya.cursor}"))
    eventually(lambda: vasya_is_online(petya), 10, "the poll is parked")

    server.terminate()

    answer = poll.result(10)
    assert answer.status_code == 200
    assert answer.json()["events"] == [] and answer.json()["cursor"]
    assert socket.close_code() == 1001
    socket.socket.close()
    assert server.exit_code() == 0


def vasya_is_online(petya):
    return petya.get("/v1/users/vasya/presence")["status"] == "online"


def test_a_stream_ends_at_sigterm(server):
    vasya = register(server, "vasya")
    stream = requests.get(
        server.url + "/v1/events/stream", headers={"Authorization": f"Bearer {vasya.token}"}, stream=True, timeout=20)
    lines = stream.iter_lines(decode_unicode=True)
    assert any(line == "event: welcome" for line in lines)
    server.terminate()
    assert server.exit_code() == 0
    for line in lines:
        pass


def test_sigterm_does_not_wait_indefinitely_for_stalled_clients(start_server):
    server = start_server("--drain-seconds", "2")
    head = request_head("POST", "/v1/users", "Content-Type: application/json", "Content-Length: 90")
    with Connection(server) as half, Connection(server) as idle:
        half.send(head + b'{"a')
        idle.send(request_head("GET", "/healthz")).response()
        server.terminate()
        assert server.exit_code() == 0


def test_a_call_continues_after_a_graceful_restart(server, pair):
    pair.pass_a_candidate()
    server.terminate()
    assert server.exit_code() == 0
    server.restart()
    pair.pass_a_candidate()
    assert pair.state() == "active"


def test_after_sigterm_the_database_is_a_single_file(server, start_server, pair, tmp_path):
    for _ in range(3):
        pair.pass_a_candidate()
    server.terminate()
    assert server.exit_code() == 0
    left = {file.name for file in server.database.parent.glob(server.database.name + "*")}
    assert left <= {server.database.name, server.database.name + ".lock"}, left

    copy = tmp_path / "copy" / "ringback.sqlite"
    copy.parent.mkdir()
    shutil.copyfile(server.database, copy)
    other = start_server(database=copy)
    pair.caller.server = pair.callee.server = other
    assert pair.state() == "active"
    pair.pass_a_candidate()
