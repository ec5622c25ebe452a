"""Acknowledged writes survive when the server is killed under load."""

import sqlite3

import requests

from harness.api import TalkingPair, host_candidate, stored_candidates
from harness.waiting import Together, eventually

PAIRS = 3


def post_until_it_dies(device, call_id, acknowledged, numbers):
    """Posts batches of candidates; records those that got 202."""
    while True:
        batch = [host_candidate(next(numbers)) for _ in range(4)]
        try:
            device.candidates(call_id, *batch)
        except (requests.ConnectionError, requests.Timeout):
            return
        acknowledged.extend(batch)


def integrity(database):
    with sqlite3.connect(database) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


def test_no_acknowledged_candidate_is_lost_when_the_server_is_killed(server):
    pairs = [TalkingPair(server, f"vasya{n}", f"petya{n}") for n in range(PAIRS)]
    acknowledged = [[] for _ in pairs]
    writers = [
        Together(post_until_it_dies, pair.caller, pair.call_id, acknowledged[n], iter(range(1, 4000)))
        for n, pair in enumerate(pairs)
    ]
    eventually(lambda: all(len(each) >= 1000 for each in acknowledged), 60, "all writers are under way")
    server.kill9()
    for writer in writers:
        writer.result(30)

    server.restart()
    for pair, expected in zip(pairs, acknowledged):
        found = stored_candidates(pair.callee, pair.call_id)
        assert found[:len(expected)] == expected, "an acknowledged candidate is missing or out of order"
        # Only the batch in flight may be stored without a response, and only completely.
        assert len(found) - len(expected) in (0, 4)
    assert integrity(server.database) == "ok"
    for pair in pairs:
        pair.caller.hang_up(pair.call_id)


def test_the_event_log_continues_after_a_kill(server, pair):
    pair.caller.candidates(pair.call_id, host_candidate(1))
    server.kill9()
    server.restart()
    pair.caller.candidates(pair.call_id, host_candidate(2))

    for number in (1, 2):
        sent = pair.callee.next_event("call.candidates")["data"]["candidates"]
        assert [item["candidate"] for item in sent] == [host_candidate(number)]


def test_a_repeated_invite_with_its_key_is_the_same_call_after_a_kill(server, pair):
    third = TalkingPair(server, "anna", "boris").caller
    body = {"callee": "vasya", "media": {"audio": True, "video": False}}
    key = {"Idempotency-Key": "once-and-only-once"}
    first = third.request("POST", "/v1/calls", body, headers=key)
    server.kill9()
    server.restart()
    again = third.request("POST", "/v1/calls", body, headers=key)
    assert again.status_code == first.status_code == 201
    assert again.json()["callId"] == first.json()["callId"]


def test_a_repeated_invite_of_a_call_that_has_ended_does_not_ring_again_after_a_kill(server, pair):
    third = TalkingPair(server, "anna", "boris").caller
    body, key = {"callee": "vasya"}, {"Idempotency-Key": "ended-by-now"}
    first = third.request("POST", "/v1/calls", body, headers=key)
    third.request("POST", f"/v1/calls/{first.json()['callId']}/cancel", {})
    server.kill9()
    server.restart()
    again = third.request("POST", "/v1/calls", body, headers=key)
    assert again.status_code == 201 and again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert third.get("/v1/calls", params={"state": "live", "with": "vasya"})["items"] == []


def test_repeated_candidates_are_delivered_once_after_a_kill(server, pair):
    path, key = f"/v1/calls/{pair.call_id}/candidates", {"Idempotency-Key": "candidates-once"}
    body = {"candidates": [{"candidate": host_candidate(1)}]}
    first = pair.caller.request("POST", path, body, headers=key)
    server.kill9()
    server.restart()
    again = pair.caller.request("POST", path, body, headers=key)
    assert first.status_code == again.status_code == 202 and again.content == first.content
    assert stored_candidates(pair.callee, pair.call_id) == [host_candidate(1)]
    other = {"candidates": [{"candidate": host_candidate(2)}]}
    assert pair.caller.request("POST", path, other, headers=key).status_code == 422
