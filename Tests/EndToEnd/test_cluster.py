"""Three servers on one PostgreSQL, behind a balancer that gives each request to the next of them."""

import subprocess
import time

from harness.api import Device, TalkingPair, host_candidate, register
from harness.cluster import ADMIN, at
from harness.server import binary
from harness.waiting import Together


def test_the_conformance_suite_passes_with_each_request_on_another_node(cluster):
    suite = binary().with_name("ringback-conformance")
    done = subprocess.run(
        [suite, cluster.url, "--width", "8", "--admin-token", ADMIN], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("ok "))


def test_a_call_goes_on_when_its_node_is_killed_and_the_timer_of_another_goes_off(cluster):
    pair = TalkingPair(cluster, "vasya", "petya")
    masha, dasha = register(cluster.nodes[0], "masha"), register(cluster.nodes[1], "dasha")
    dasha.snapshot()
    ringing = masha.invite("dasha", ringSeconds=10)["callId"]
    dasha.step(ringing, "alerting")
    caller, callee = at(cluster.nodes[0], pair.caller), at(cluster.nodes[1], pair.callee)
    caller.candidates(pair.call_id, host_candidate(1))
    assert callee.next_event("call.candidates")
    cluster.nodes[0].kill9()
    killed = time.monotonic()
    caller = at(cluster.nodes[2], pair.caller)
    caller.candidates(pair.call_id, host_candidate(2))
    assert callee.next_event("call.candidates")
    # Both devices go on polling, somewhere: nobody is lost, although the first node's devices were taken over.
    deadline = killed + 50
    kinds = []
    caller.snapshot()
    timer = Together(dasha.next_event, "call.ended", 16)
    while time.monotonic() < deadline:
        for device in (caller, callee):
            kinds += [event["type"] for event in device.events(wait_seconds=2)]
    assert kinds == []
    assert timer.result(20)["data"]["call"]["reason"] == "no_answer"
    cluster.nodes[0].restart()
    back = at(cluster.nodes[0], pair.callee)
    back.cursor = callee.cursor
    caller.hang_up(pair.call_id)
    assert back.next_event("call.ended")


def test_of_two_nodes_that_accept_at_once_one_wins(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    phones = [register(cluster.nodes[1], "petya")]
    phones.append(Device(cluster.nodes[2], "petya"))
    for _ in range(30):
        call_id = vasya.invite("petya")["callId"]
        answers = [
            Together(at(node, phone).request, "POST", f"/v1/calls/{call_id}/accept")
            for node, phone in zip(cluster.nodes[1:], phones)
        ]
        statuses = sorted(answer.result(20).status_code for answer in answers)
        assert statuses == [200, 409]
        call = vasya.get(f"/v1/calls/{call_id}")
        assert call == at(cluster.nodes[2], phones[0]).get(f"/v1/calls/{call_id}")
        vasya.hang_up(call_id)


def test_invitations_that_cross_at_two_nodes_become_one_call(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    for _ in range(30):
        answers = [Together(request_invite, *pair) for pair in ((vasya, "petya"), (petya, "vasya"))]
        ids = {answer.result(20)["callId"] for answer in answers}
        assert len(ids) == 1
        vasya.hang_up(ids.pop())


def request_invite(device, callee):
    return device.request("POST", "/v1/calls", {"callee": callee, "media": {"audio": True, "video": False}}).json()
