"""Faults of a cluster, each while users go on, and races of two nodes.

Each takes the cluster, its database, the load, and how often or how long; and returns figures of its own.
"""

import itertools
import os
import signal
import subprocess
import time
from pathlib import Path

import requests

from harness.api import register
from harness.cluster import at
from harness.waiting import Together, eventually


def is_ready(node):
    try:
        return requests.get(node.url + "/readyz", timeout=20).status_code == 200
    except requests.ConnectionError:
        return False


def become_ready(cluster, seconds=30):
    for node in cluster.nodes:
        eventually(lambda node=node: is_ready(node), seconds, f"{node.directory.name} is ready")


# Nodes.


def nodes_upgraded(cluster, database, load, seconds):
    """Each node in its turn is stopped, and goes on as the binary under test, which migrates the tables under the others."""
    def migration():
        return int(cluster.ask("SELECT max(number) FROM schema_migrations")[0][0])

    old, before = cluster.nodes[0].binary, migration()
    for node in cluster.nodes:
        load.goes_on()
        node.stop()
        node.binary = None
        node.restart()
        eventually(lambda node=node: is_ready(node), 20, "the new node is ready")
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            load.goes_on()
    if migration() > before:
        again = subprocess.run(
            [old, "serve", "--port", "0", "--database", cluster.nodes[0].database], capture_output=True, text=True, timeout=30)
        assert again.returncode != 0 and "newer version" in again.stderr, again.stderr
    return {"migrations": f"{before} to {migration()}"}


def nodes_killed(cluster, database, load, times):
    """`kill -9` of one node after the other."""
    for number in range(times):
        node = cluster.nodes[number % 3]
        load.goes_on()
        node.kill9()
        load.goes_on()
        node.restart()
        eventually(lambda node=node: is_ready(node), 20, "the node is back")
    return {"kills": times}


def node_stopped(cluster, database, load, seconds):
    """SIGSTOP of a node, and on."""
    node = cluster.nodes[1]
    load.goes_on()
    os.kill(node.pid, signal.SIGSTOP)
    began = time.monotonic()
    load.goes_on()
    while time.monotonic() - began < seconds:
        load.goes_on()
    os.kill(node.pid, signal.SIGCONT)
    eventually(lambda: is_ready(node), 20, "the node goes on")
    load.goes_on()
    return {"seconds": seconds}


def node_dies_between_commit_and_signal(cluster, database, load, times):
    """Of each node the debug build ends behind a commit, before anybody was told."""
    for number in range(times):
        node = cluster.nodes[number % 3]
        load.goes_on()
        with cluster.dying_behind_a_commit(node):
            pass
        load.goes_on()
        node.restart()
        eventually(lambda node=node: is_ready(node), 20, "the node is back")
    return {"deaths": times}


# The database.


def database_restarted(cluster, database, load, times, mode="fast"):
    for _ in range(times):
        load.goes_on()
        database.stop(mode)
        for node in cluster.nodes:
            assert node.is_healthy(), "liveness does not depend on the database"
        database.start()
        began = time.monotonic()
        become_ready(cluster)
    load.goes_on()
    return {"restarts": times, "ready again after": round(time.monotonic() - began, 1)}


def database_killed(cluster, database, load, times):
    return database_restarted(cluster, database, load, times, "immediate")


def connections_cut(cluster, database, load, times):
    for _ in range(times):
        load.goes_on()
        database.cut_connections()
    load.goes_on()
    become_ready(cluster)
    return {"cuts": times}


def database_slow(cluster, database, load, seconds):
    """Each round trip takes 50 ms longer."""
    load.goes_on()
    cluster.proxy.delay = 0.05
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        load.goes_on(60)
    cluster.proxy.delay = 0
    load.goes_on()
    return {"seconds": seconds}


def listeners_cut(cluster, database, load, seconds):
    """The listeners' connections are cut, and not let in again for a while."""
    load.goes_on()
    cluster.proxy.refuse("listener")
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        load.goes_on()
    cluster.proxy.refuse(None)
    load.goes_on()
    return {"seconds": seconds}


def disk_full(cluster, database, load, seconds):
    """No room on the file system of the database."""
    load.goes_on()
    ballast = Path(database.folder) / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    time.sleep(seconds)
    for node in cluster.nodes:
        assert node.is_healthy(), "liveness does not depend on the database"
    ballast.unlink()
    # A server that could not write its log has ended.
    if subprocess.run(["pgrep", "-F", database.data / "postmaster.pid"], capture_output=True, check=False).returncode:
        (database.data / "postmaster.pid").unlink(missing_ok=True)
        database.start()
    become_ready(cluster)
    load.goes_on()
    return {"seconds": seconds}


# Races, without a load.


def accepts_at_two_nodes(cluster, rounds):
    """Two devices of the callee accept at once: one gets the call."""
    vasya = register(cluster.nodes[0], "race-vasya")
    phones = [register(cluster.nodes[1], "race-petya")]
    phones.append(type(phones[0])(cluster.nodes[2], "race-petya"))
    for _ in range(rounds):
        call_id = vasya.invite("race-petya")["callId"]
        statuses = sorted(together(*[(at(node, phone), f"/v1/calls/{call_id}/accept", None)
                                     for node, phone in zip(cluster.nodes[1:], phones)]))
        assert statuses == [200, 409], statuses
        assert_one_outcome(cluster, call_id, vasya, phones[0])
        vasya.hang_up(call_id)


def hang_up_against_accept(cluster, rounds):
    """The caller cancels while the callee accepts: canceled, or accepted and then on."""
    outcomes = {}
    vasya, petya = register(cluster.nodes[0], "hang-vasya"), register(cluster.nodes[1], "hang-petya")
    for _ in range(rounds):
        call_id = vasya.invite("hang-petya")["callId"]
        statuses = tuple(together(
            (at(cluster.nodes[1], petya), f"/v1/calls/{call_id}/accept", None),
            (at(cluster.nodes[2], vasya), f"/v1/calls/{call_id}/cancel", None)))
        assert statuses in ((200, 409), (409, 200)), statuses
        call = assert_one_outcome(cluster, call_id, vasya, petya)
        assert (call["state"] == "ended") == (statuses == (409, 200)), (call, statuses)
        if call["state"] != "ended":
            vasya.hang_up(call_id)
        outcomes[statuses] = outcomes.get(statuses, 0) + 1
    return {"accepted": outcomes.get((200, 409), 0), "canceled": outcomes.get((409, 200), 0)}


def cancel_against_the_timer(cluster, rounds):
    """The caller cancels in the moment in which the ring time ends: one reason, for both."""
    pairs = [[register(node, f"timer-{name}-{number}") for name, node in zip(("vasya", "petya"), cluster.nodes)]
             for number in range(4)]
    for _, petya in pairs:
        petya.snapshot()
    reasons = {}
    left = rounds
    while left > 0:
        # Two users can have 32 live calls with each other.
        width = min(left, 30 * len(pairs))
        left -= width
        calls = []
        for number, (vasya, petya) in zip(range(width), itertools.cycle(pairs)):
            call_id = at(cluster.nodes[number % 3], vasya).invite(petya.user_id, ringSeconds=10)["callId"]
            calls.append((call_id, vasya, petya, time.monotonic()))
            at(cluster.nodes[(number + 1) % 3], petya).step(call_id, "alerting")
        # Each about 10 s behind its invitation, some milliseconds earlier or later.
        for number, (call_id, vasya, _, invited) in enumerate(calls):
            time.sleep(max(0, invited + 9.88 + number % 5 * 0.04 - time.monotonic()))
            status = at(cluster.nodes[2 - number % 3], vasya).request("POST", f"/v1/calls/{call_id}/cancel").status_code
            assert status in (200, 409), status
        for call_id, vasya, petya, _ in calls:
            call = assert_one_outcome(cluster, call_id, vasya, petya)
            assert call["state"] == "ended" and call["reason"] in ("canceled", "no_answer"), call
            reasons[call["reason"]] = reasons.get(call["reason"], 0) + 1
    return reasons


def glare(cluster, rounds):
    """Two users call each other at once: one call."""
    vasya, petya = register(cluster.nodes[0], "glare-vasya"), register(cluster.nodes[1], "glare-petya")
    media = {"audio": True, "video": False}
    for _ in range(rounds):
        answers = [
            Together(device.request, "POST", "/v1/calls", {"callee": other, "media": media})
            for device, other in ((vasya, "glare-petya"), (petya, "glare-vasya"))
        ]
        ids = {answer.result(30).json()["callId"] for answer in answers}
        assert len(ids) == 1, ids
        call_id = ids.pop()
        assert_one_outcome(cluster, call_id, vasya, petya)
        vasya.hang_up(call_id)


def together(*requests):
    """The statuses of requests that are made at once: a device, a path, a body each."""
    answers = [Together(device.request, "POST", path, body) for device, path, body in requests]
    return [answer.result(30).status_code for answer in answers]


def assert_one_outcome(cluster, call_id, *devices):
    views = [at(node, device).get(f"/v1/calls/{call_id}") for device in devices for node in cluster.nodes]
    outcomes = {(view["state"], view.get("reason"), str(view.get("calleeDevice"))) for view in views}
    assert len(outcomes) == 1, outcomes
    return views[0]
