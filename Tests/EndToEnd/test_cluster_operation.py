"""What operators see of several nodes, and what happens while their database is away or their clocks differ."""

import re
import time
from datetime import datetime, timezone

import requests

from harness.api import host_candidate, register, TalkingPair
from harness.clock import WallClock
from harness.cluster import Cluster, at, socket_at
from harness.waiting import eventually


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def metrics(node):
    text = requests.get(node.url + "/metrics", timeout=10).text
    return {name: float(value) for name, value in re.findall(r"^(\w+(?:{.*?})?) (\S+)$", text, re.M)}


def test_each_node_tells_its_name_and_what_it_sees_of_the_others(cluster):
    pair = TalkingPair(cluster)
    with socket_at(cluster.nodes[1], pair.callee) as socket:
        at(cluster.nodes[0], pair.caller).candidates(pair.call_id, host_candidate(1))
        socket.next_event("call.candidates")
    for number, node in enumerate(cluster.nodes, 1):
        assert requests.get(node.url + "/readyz", timeout=10).json() == {"status": "ready", "node": f"node-{number}"}
        seen = metrics(node)
        assert seen[f'ringback_node_info{{node="node-{number}"}}'] == 1
        assert (seen["ringback_nodes"], seen["ringback_listener_up"]) == (3, 1)
    assert metrics(cluster.nodes[0])["ringback_committed_jobs_total"] >= 1
    assert metrics(cluster.nodes[0])["ringback_lock_wait_seconds_count"] >= 1
    assert metrics(cluster.nodes[1])["ringback_signal_lag_seconds_count"] >= 1
    cluster.nodes[2].kill9()
    eventually(lambda: metrics(cluster.nodes[0])["ringback_nodes"] == 2, 12, "one is gone")
    cluster.nodes[2].restart()


def test_connections_stay_open_while_the_database_is_away_and_events_flow_again_by_themselves(cluster, database):
    pair = TalkingPair(cluster)
    with socket_at(cluster.nodes[1], pair.callee) as socket:
        database.stop("immediate")
        for node in cluster.nodes:
            refused = at(node, pair.caller).request(
                "POST", f"/v1/calls/{pair.call_id}/candidates", {"candidates": [{"candidate": host_candidate(1)}]})
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert int(refused.headers["Retry-After"]) > 0
            assert node.is_healthy()
            eventually(lambda: requests.get(node.url + "/readyz", timeout=20).status_code == 503, 10, "it is not ready")
        database.start()
        for node in cluster.nodes:
            eventually(lambda: requests.get(node.url + "/readyz", timeout=20).status_code == 200, 10, "it is ready")
        at(cluster.nodes[2], pair.caller).candidates(pair.call_id, host_candidate(2))
        socket.next_event("call.candidates")
    pair.caller.hang_up(pair.call_id)


def test_nodes_whose_clocks_differ_agree_on_the_time(database, tmp_path):
    clocks = []
    for hours in (1, -1):
        (tmp_path / f"clock-{hours}").mkdir()
        clocks.append(WallClock(tmp_path / f"clock-{hours}"))
        clocks[-1].set(hours * 3600)
    fast, slow = clocks
    cluster = Cluster(tmp_path, database, environments=({}, fast.environment, slow.environment))
    right = cluster.nodes[0]
    try:
        rung = []
        for number, wrong in enumerate(cluster.nodes[1:]):
            names = [f"{name}-{number}" for name in ("vasya", "petya", "masha")]
            vasya, petya, masha = (register(node, name) for node, name in zip((wrong, right, right), names))
            for device in (vasya, petya, masha):
                device.snapshot()
            began = time.monotonic()
            for caller, node, callee in ((vasya, wrong, petya), (petya, right, masha)):
                call = at(node, caller).invite(callee.user_id, ringSeconds=10)
                assert abs((moment(call["createdAt"]) - datetime.now(timezone.utc)).total_seconds()) < 5
                at(right if node is wrong else wrong, callee).step(call["callId"], "alerting")
                # With somebody who is told of its end and takes no part in the other call.
                rung.append((vasya if caller is vasya else masha, call["callId"], began))
            for seller, user in ((right, wrong), (wrong, right)):
                ticket = at(seller, vasya).post("/v1/tickets", expect=201)["ticket"]
                with socket_at(user, query=f"?ticket={ticket}") as socket:
                    assert socket.welcome["type"] == "welcome"
        # A step while the servers run.
        fast.set(-3600)
        slow.set(3600)
        for device, call_id, began in rung:
            ended = at(right, device).next_event("call.ended", 20)["data"]["call"]
            assert (ended["callId"], ended["reason"]) == (call_id, "no_answer")
            assert 9 < time.monotonic() - began < 15
    finally:
        cluster.stop()
