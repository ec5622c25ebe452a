"""What the API promises holds across nodes: each step of a device at another node than the one before."""

import itertools
import threading
import time
from contextlib import ExitStack

import pytest
import requests

from harness.api import Device, TalkingPair, candidate, host_candidate, register, stored_candidates
from harness.cluster import at, socket_at
from harness.waiting import Together, eventually


def test_whoever_is_connected_is_online_at_every_node_at_once(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    for number, (own, other) in enumerate(itertools.permutations(cluster.nodes, 2)):
        petya = register(own, f"petya-{number}")
        assert at(other, vasya).get(f"/v1/users/{petya.user_id}/presence")["status"] == "offline"
        if number % 2:
            petya.snapshot()
            assert at(other, vasya).get(f"/v1/users/{petya.user_id}/presence")["status"] == "online"
        else:
            with socket_at(own, petya):
                assert at(other, vasya).get(f"/v1/users/{petya.user_id}/presence")["status"] == "online"


def test_a_poll_gives_what_was_acknowledged_at_another_node(cluster):
    pair = TalkingPair(cluster.nodes[0])
    nodes = itertools.cycle(cluster.nodes)
    caller, callee = pair.caller, pair.callee
    for number in range(60):
        caller, callee = at(next(nodes), caller), at(next(nodes), callee)
        caller.candidates(pair.call_id, host_candidate(number))
        assert [event["type"] for event in callee.events()] == ["call.candidates"], number
        if number % 4 == 3:
            next(nodes)


def test_a_token_that_was_revoked_is_refused_at_once_at_every_node(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    for revoking, other in list(itertools.permutations(cluster.nodes, 2)) * 2:
        tablet = Device(other, "vasya")
        tablet.snapshot()
        at(revoking, vasya)._expect(204, "DELETE", f"/v1/sessions/{tablet.device_id}")
        assert tablet.request("GET", "/v1/users/me").status_code == 401
        page = tablet.request("GET", "/v1/events", params={"cursor": tablet.cursor, "waitSeconds": 0})
        assert page.status_code == 401


@pytest.mark.parametrize("listeners", ["listening", "cut"])
def test_open_connections_of_a_signed_out_device_close_within_5_s_at_every_node(cluster, database, listeners):
    vasya = register(cluster.nodes[0], "vasya")
    tablet = Device(cluster.nodes[0], "vasya")
    is_over = threading.Event()

    def cut():
        while not is_over.is_set():
            database.cut_connections(of="listener")

    with ExitStack() as stack:
        sockets = [stack.enter_context(socket_at(node, tablet)) for node in cluster.nodes]
        tablet.snapshot()
        polls = [Together(at(node, tablet).request, "GET", f"/v1/events?cursor={tablet.cursor}") for node in cluster.nodes]
        if listeners == "cut":
            stack.callback(is_over.set)
            Together(cut)
            time.sleep(1)
        started = time.monotonic()
        vasya._expect(204, "DELETE", f"/v1/sessions/{tablet.device_id}")
        assert [socket.closed(5) for socket in sockets] == [4501] * 3
        assert {poll.result(5).status_code for poll in polls} <= {200, 401}
        assert time.monotonic() - started < 5


def test_a_sign_out_whose_node_dies_before_it_tells_the_others_closes_connections_within_5_s(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    tablet = Device(cluster.nodes[0], "vasya")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket_at(node, tablet)) for node in cluster.nodes[1:]]
        with cluster.dying_behind_a_commit(cluster.nodes[0]), pytest.raises(requests.ConnectionError):
            vasya.request("DELETE", f"/v1/sessions/{tablet.device_id}")
        started = time.monotonic()
        assert [socket.closed(5) for socket in sockets] == [4501] * 2
        assert time.monotonic() - started < 5
    cluster.nodes[0].restart()


def test_a_watching_device_hears_of_users_at_other_nodes(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    with socket_at(cluster.nodes[0], vasya) as socket:
        # The list is given at another node than the one that has the socket.
        at(cluster.nodes[1], vasya).put("/v1/users/me/watching", {"userIds": ["petya"]})

        def is_told(status):
            return lambda data: data["userId"] == "petya" and data["status"] == status

        with socket_at(cluster.nodes[2], petya):
            socket.next_event("presence", is_told("online"))
            call_id = at(cluster.nodes[1], petya).invite("vasya")["callId"]
            socket.next_event("presence", is_told("busy"))
            at(cluster.nodes[0], petya).step(call_id, "cancel")
            socket.next_event("presence", is_told("online"))
        socket.next_event("presence", is_told("offline"))


def test_a_repeated_write_is_done_once_at_whichever_node(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    petya.snapshot()
    body = {"callee": "petya", "media": {"audio": True, "video": True}}
    calls = [
        at(node, vasya).post("/v1/calls", body, expect=201, headers={"Idempotency-Key": "the-call"})
        for node in cluster.nodes
    ]
    call_id = calls[0]["callId"]
    assert {call["callId"] for call in calls} == {call_id}
    for node in cluster.nodes:
        at(node, petya).post(f"/v1/calls/{call_id}/accept", headers={"Idempotency-Key": "the-accept"})
    vasya.offer(call_id)
    for node in cluster.nodes:
        at(node, vasya).post(
            f"/v1/calls/{call_id}/candidates", {"candidates": [candidate(host_candidate(1))]}, expect=202,
            headers={"Idempotency-Key": "the-candidate"})
    other = at(cluster.nodes[2], vasya).request(
        "POST", f"/v1/calls/{call_id}/candidates", {"candidates": [candidate(host_candidate(2))]},
        headers={"Idempotency-Key": "the-candidate"})
    assert other.json()["code"] == "idempotency_mismatch"
    assert stored_candidates(petya, call_id) == [host_candidate(1)]
    assert [event["type"] for event in petya.events()].count("call.incoming") == 1
    vasya.hang_up(call_id)


def test_a_write_outside_calls_may_be_carried_out_once_more_by_another_node(cluster):
    vasya, _ = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    tablet = Device(cluster.nodes[1], "vasya")

    def items(path):
        return [item["userId"] for item in vasya.get(path)["items"]]

    def profile():
        return vasya.get("/v1/users/me")

    def blocks():
        return items("/v1/users/me/blocks")

    def contacts():
        return items("/v1/users/me/contacts")

    def watched():
        return items("/v1/users/me/watching")

    def devices():
        return [item["deviceId"] for item in vasya.get("/v1/sessions")["items"]]

    for method, path, body, effect in (
        ("PATCH", "/v1/users/me", {"displayName": "Vasily", "busy": "reject"}, profile),
        ("PUT", "/v1/users/me/blocks/petya", None, blocks),
        ("DELETE", "/v1/users/me/blocks/petya", None, blocks),
        ("PUT", "/v1/users/me/contacts/petya", None, contacts),
        ("DELETE", "/v1/users/me/contacts/petya", None, contacts),
        ("PUT", "/v1/users/me/watching", {"userIds": ["petya"]}, watched),
        ("DELETE", f"/v1/sessions/{tablet.device_id}", None, devices),
    ):
        before, seen = effect(), []
        for node in cluster.nodes:
            answer = at(node, vasya).request(method, path, body, headers={"Idempotency-Key": "the-same"})
            seen.append((answer.status_code, answer.text, effect()))
        assert seen[0][0] in (200, 204) and seen[0][2] != before, (method, path, seen)
        assert seen[1:] == seen[:1] * 2, (method, path, seen)


def test_a_ticket_is_used_once_at_any_node(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    for bought, used, again in itertools.permutations(cluster.nodes):
        ticket = at(bought, vasya).post("/v1/tickets", expect=201)["ticket"]
        with socket_at(used, query=f"?ticket={ticket}") as socket:
            assert socket.welcome["data"]["device"]["deviceId"] == vasya.device_id
        stream = at(again, vasya).request("GET", f"/v1/events/stream?ticket={ticket}")
        assert stream.status_code == 401


def test_a_block_holds_at_every_node_at_once(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    petya.snapshot()
    for node in cluster.nodes:
        at(node, petya).put("/v1/users/me/blocks/vasya", expect=204)
        for other in cluster.nodes:
            at(other, vasya).step(at(other, vasya).invite("petya")["callId"], "cancel")
        assert at(cluster.nodes[2], petya).events() == []
        at(node, petya)._expect(204, "DELETE", "/v1/users/me/blocks/vasya")
    call_id = vasya.invite("petya")["callId"]
    assert petya.next_event("call.incoming")["data"]["call"]["callId"] == call_id
    vasya.step(call_id, "cancel")


def test_a_user_who_is_erased_at_one_node_is_gone_at_all(cluster):
    pair = TalkingPair(cluster.nodes[0])
    with socket_at(cluster.nodes[2], pair.caller) as socket:
        at(cluster.nodes[1], pair.caller)._expect(204, "DELETE", "/v1/users/me")
        assert socket.closed(5) == 4501
    assert at(cluster.nodes[2], pair.callee).next_event("call.ended")
    for node in cluster.nodes:
        assert at(node, pair.caller).request("GET", "/v1/users/me").status_code == 401
        assert at(node, pair.callee).request("GET", f"/v1/users/{pair.caller.user_id}").status_code == 404
    eventually(
        lambda: cluster.ask(f"SELECT count(*) FROM events WHERE user_id = '{pair.caller.user_id}'") == [["0"]], 5,
        "nothing of the log is left")
