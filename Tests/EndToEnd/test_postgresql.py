"""The server on PostgreSQL, seen from outside: what it does while the database is away, and when it is back."""

import secrets
import subprocess
import time

import pytest
import requests

from harness.api import TalkingPair, candidate, host_candidate, stored_candidates
from harness.server import Server, binary, environment
from harness.waiting import Together, eventually


@pytest.fixture
def server(database, tmp_path):
    server = Server(tmp_path / "server", database=database.schema(f"t_{secrets.token_hex(6)}")).start()
    yield server
    server.stop()


def post_until(device, call_id, acknowledged, numbers, is_over):
    """Posts candidates with a key each, again until each is acknowledged."""
    while not is_over():
        number = next(numbers)
        text, key = host_candidate(number), {"Idempotency-Key": f"key-{number}"}
        while True:
            try:
                answer = device.request(
                    "POST", f"/v1/calls/{call_id}/candidates", {"candidates": [candidate(text)]}, headers=key)
            except requests.ConnectionError:
                time.sleep(0.05)
                continue
            if answer.status_code == 503:
                assert answer.json()["code"] == "storage_unavailable" and int(answer.headers["Retry-After"]) > 0
                time.sleep(0.05)
                continue
            assert answer.status_code == 202, answer.text
            break
        acknowledged.append(text)


def readiness(server):
    return requests.get(server.url + "/readyz", timeout=10).status_code


def check_log(device):
    """The log from its beginning: positions without gaps, no event twice."""
    page = device.get("/v1/events", params={"cursor": device.cursor.split(".")[0] + ".0", "limit": 1000})
    ids = [event["id"] for event in page["events"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("fault", ["restarted", "killed", "cut"])
def test_nothing_acknowledged_is_lost_or_done_twice_over_a_fault_of_the_database(server, database, fault):
    pair = TalkingPair(server, "vasya", "petya")
    pair.callee.snapshot()
    acknowledged, over = [], []
    writer = Together(post_until, pair.caller, pair.call_id, acknowledged, iter(range(1, 4000)), lambda: bool(over))
    for _ in range(3):
        before = len(acknowledged)
        eventually(lambda: len(acknowledged) >= before + 20, 30, "the writer is under way")
        if fault == "cut":
            database.cut_connections()
        else:
            database.stop("immediate" if fault == "killed" else "fast")
            assert server.is_healthy(), "liveness does not depend on the database"
            eventually(lambda: readiness(server) == 503, 10, "it is not ready")
            database.start()
        eventually(lambda: readiness(server) == 200, 10, "it is ready again by itself")
    before = len(acknowledged)
    eventually(lambda: len(acknowledged) >= before + 20, 30, "the writer goes on")
    over.append(True)
    writer.result(30)
    assert stored_candidates(pair.callee, pair.call_id) == acknowledged
    pair.caller.hang_up(pair.call_id)
    pair.callee.next_event("call.ended")
    check_log(pair.callee)


def test_a_server_that_was_killed_goes_on_where_it_was(server):
    pair = TalkingPair(server, "vasya", "petya")
    cursor = pair.callee.snapshot() and pair.callee.cursor
    pair.caller.candidates(pair.call_id, host_candidate(1))
    server.kill9()
    server.restart()
    pair.callee.cursor = cursor
    assert pair.callee.next_event("call.candidates")
    pair.callee.hang_up(pair.call_id)


def test_a_password_on_the_command_line_is_refused(tmp_path):
    done = subprocess.run(
        [binary(), "serve", "--database", "postgresql://u:secret@localhost/x"], capture_output=True, text=True,
        timeout=30, cwd=tmp_path, env=environment())
    assert done.returncode != 0 and "PGPASSWORD" in done.stderr and "secret" not in done.stderr


def test_a_database_that_is_not_there_is_named(tmp_path):
    done = subprocess.run(
        [binary(), "migrate", "--database", f"postgresql:///x?host={tmp_path}"], capture_output=True, text=True,
        timeout=30, cwd=tmp_path, env=environment())
    assert done.returncode != 0 and str(tmp_path) in done.stderr and "can't be used" in done.stderr


def test_migrate_and_restored_know_the_database(database, tmp_path):
    url = database.schema("t_commands")

    def run(command):
        return subprocess.run(
            [binary(), command], capture_output=True, text=True, timeout=30, cwd=tmp_path,
            env={**environment(), "RINGBACK_DATABASE": url})

    assert "applied 1" in run("migrate").stdout
    assert "up to date" in run("migrate").stdout
    before = database.ask("SELECT value FROM t_commands.meta WHERE key = 'epoch'")
    assert "new epoch" in run("restored").stdout
    assert database.ask("SELECT value FROM t_commands.meta WHERE key = 'epoch'") != before
