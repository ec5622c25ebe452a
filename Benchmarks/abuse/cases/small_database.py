"""Two accounts without a limit of bytes fill a database with a maximum size of 64 MB."""

import client
import filling_disk

OPTIONS = ["--max-database-size", "64", "--user-write-kilobytes", "1000000"]
# The database, and the write-ahead log while it is copied.
DISK = (64 + 160) << 20
# Batches that are accepted, which is more than the database can keep.
LEAST = 560
attack = filling_disk.attack


def prepare(server):
    filling_disk.PREFIX = "small"
    return filling_disk.prepare(server)


def judge(server, devices):
    """A call of others can be ended however full it is."""
    callers = [client.sign_in(server.port, f"small-judge-{name}") for name in "ab"]
    status, answer = callers[0].ask("POST", "/v1/calls", {"callee": "small-judge-b"})
    if status != 201:
        return "no new call"
    status, _ = callers[0].ask("POST", f"/v1/calls/{answer['callId']}/cancel", {})
    return None if status == 200 else f"cancel got {status}"
