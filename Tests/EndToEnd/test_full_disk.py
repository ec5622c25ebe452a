"""On a full disk, writes get 503 without effect; with free space, writing works again."""

import contextlib
import os
import sqlite3
import subprocess

import pytest

from harness.api import TalkingPair, host_candidate
from harness.waiting import eventually


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes. Unmounted when the servers on it have ended."""
    directory = tmp_path / "small-disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "ringback-test", directory], capture_output=True, text=True)
    assert mounted.returncode == 0, (
        "this test mounts a file system: run it by scripts/test, as root or in a user namespace: " + mounted.stderr
    )
    yield directory
    subprocess.run(["umount", directory], check=True)


def fill(path):
    """Creates a file that takes all the free space."""
    with open(path, "wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(65536))
    with open(path, "ab", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(512))
    assert os.statvfs(path.parent).f_bavail == 0


def stored(pair):
    items = pair.callee.get(f"/v1/calls/{pair.call_id}/candidates", params={"limit": 1000})["items"]
    return [item["candidate"]["candidate"] for item in items]


def post(pair, number):
    body = {"candidates": [{"candidate": host_candidate(number), "sdpMid": "0", "sdpMLineIndex": 0}] * 4}
    return pair.caller.request("POST", f"/v1/calls/{pair.call_id}/candidates", body)


def test_a_full_disk_refuses_writes_and_nothing_else(small_disk, start_server):
    server = start_server(database=small_disk / "ringback.sqlite")
    pair = TalkingPair(server)
    ballast = small_disk / "ballast"
    fill(ballast)

    # Writes are accepted as long as the database files have room.
    accepted = []
    for number in range(1, 1000):
        response = post(pair, number)
        if response.status_code != 202:
            break
        accepted += [host_candidate(number)] * 4
    assert response.status_code == 503, response.text
    problem = response.json()
    assert problem["code"] == "storage_unavailable" and problem["retryable"] is True
    assert int(response.headers["retry-after"]) > 0
    assert "sqlite" not in response.text.lower()

    assert server.is_healthy()
    assert pair.state() == "active"
    assert stored(pair) == accepted, "half a batch was written, or an accepted one was not"

    ballast.unlink()
    eventually(lambda: post(pair, 5000).status_code == 202, 10, "writing works again")
    assert stored(pair) == accepted + [host_candidate(5000)] * 4
    pair.caller.hang_up(pair.call_id)

    server.stop()
    with contextlib.closing(sqlite3.connect(server.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
