"""A failing disk: refused writes stay refused, also after a crash, and the server reports the failure."""

import contextlib
import os
import sqlite3
import subprocess

import pytest
import requests

from harness.api import TalkingPair, host_candidate
from harness.server import ROOT
from harness.waiting import eventually

NOTHING_WRITTEN = "Nothing was written."


class Disk:
    """A disk with selectable failures."""

    def __init__(self, directory):
        library = directory / "faulty_disk.so"
        source = ROOT / "Tests" / "EndToEnd" / "harness" / "faulty_disk.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._mode = directory / "mode"
        self._mode.write_bytes(b"-")
        self.environment = {"LD_PRELOAD": str(library), "FAULTY_DISK": str(self._mode)}

    def set(self, mode):
        with open(self._mode, "r+b", buffering=0) as file:
            file.write(mode)

    def works(self):
        self.set(b"-")

    def fails_to_sync(self):
        self.set(b"s")

    def goes_read_only_with_the_next_sync(self):
        self.set(b"f")

    def fails_to_read(self):
        self.set(b"r")


@pytest.fixture
def disk(tmp_path, monkeypatch):
    disk = Disk(tmp_path)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    yield disk
    disk.works()


def post(pair, number):
    body = {"candidates": [{"candidate": host_candidate(number), "sdpMid": "0", "sdpMLineIndex": 0}]}
    return pair.caller.request("POST", f"/v1/calls/{pair.call_id}/candidates", body)


def stored(pair):
    items = pair.callee.get(f"/v1/calls/{pair.call_id}/candidates", params={"limit": 1000})["items"]
    return [item["candidate"]["candidate"] for item in items]


def readiness(server):
    return requests.get(server.url + "/readyz", timeout=5).status_code


def refuse(pair, numbers):
    """Posts candidates that the failing disk cannot store."""
    problems = []
    for number in numbers:
        response = post(pair, number)
        assert response.status_code == 503, response.text
        problems.append(response.json())
        assert problems[-1]["code"] == "storage_unavailable"
    return problems


def test_refused_writes_are_gone_after_a_crash(disk, start_server):
    server = start_server()
    pair = TalkingPair(server)
    assert post(pair, 1).status_code == 202
    disk.fails_to_sync()
    first, *others = refuse(pair, range(2, 8))
    assert NOTHING_WRITTEN not in first["detail"], "the server cannot know whether the disk stored it"
    assert all(problem["detail"].startswith(NOTHING_WRITTEN) for problem in others)
    server.kill9()
    disk.works()
    server.restart()
    assert stored(pair) == [host_candidate(1)]
    assert post(pair, 9).status_code == 202
    pair.caller.hang_up(pair.call_id)


def test_refused_writes_are_gone_when_a_read_only_file_system_is_writable_again(disk, start_server):
    server = start_server()
    pair = TalkingPair(server)
    assert post(pair, 1).status_code == 202
    disk.goes_read_only_with_the_next_sync()
    first, *_ = refuse(pair, range(2, 8))
    assert NOTHING_WRITTEN not in first["detail"]
    disk.works()
    # Without any writes, the server detects it by itself.
    eventually(lambda: readiness(server) == 200, 10, "writing works again")
    server.kill9()
    server.restart()
    assert stored(pair) == [host_candidate(1)]
    assert server.is_healthy()
    pair.caller.hang_up(pair.call_id)
    server.stop()
    with contextlib.closing(sqlite3.connect(server.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_rejected_account_write_is_gone_after_a_crash(disk, start_server):
    server = start_server()
    pair = TalkingPair(server)
    disk.fails_to_sync()
    assert pair.caller.request("PUT", "/v1/users/me/blocks/petya").status_code == 503
    server.kill9()
    disk.works()
    server.restart()
    assert pair.caller.get("/v1/users/me/blocks")["items"] == []


def test_a_failing_disk_is_logged_counted_and_reported_by_readyz(disk, start_server):
    server = start_server()
    pair = TalkingPair(server)
    assert readiness(server) == 200
    disk.fails_to_sync()
    refuse(pair, range(1, 21))
    assert readiness(server) == 503
    assert server.is_healthy()
    assert pair.state() == "active", "reading works"
    metrics = requests.get(server.url + "/metrics", timeout=5).text
    [count] = [line.split()[1] for line in metrics.splitlines()
               if line.startswith('ringback_storage_failures_total{operation="write"}')]
    assert int(count) >= 20
    lines = [line for line in server.log.read_text().splitlines() if "the database failed" in line]
    assert 1 <= len(lines) <= 2, "one line for all of them"
    disk.works()
    eventually(lambda: readiness(server) == 200, 10, "writing works again")
    assert post(pair, 30).status_code == 202
    assert "the database can be written again" in server.log.read_text()
    pair.caller.hang_up(pair.call_id)


def test_failed_reads_get_503(disk, start_server):
    server = start_server()
    pair = TalkingPair(server)
    pair.caller.hang_up(pair.call_id)
    server.kill9()
    server.restart()  # with nothing in memory
    disk.fails_to_read()
    statuses = {}
    for path in ("/v1/calls", f"/v1/calls/{pair.call_id}", f"/v1/calls/{pair.call_id}/timeline", "/v1/users/me/blocks",
                 "/v1/sessions", "/v1/users", "/v1/users/me"):
        statuses[path] = pair.caller.request("GET", path).status_code
    assert set(statuses.values()) == {503}, statuses
    assert readiness(server) == 503
    disk.works()
    assert pair.caller.get(f"/v1/calls/{pair.call_id}")["state"] == "ended"
    assert readiness(server) == 200
    assert os.path.getsize(server.database) > 0
