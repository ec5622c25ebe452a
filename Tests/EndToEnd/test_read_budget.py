"""The reads of one user have a budget, and others do not pay for it."""

import json
import time

from websockets.sync.client import connect

from harness.api import register
from harness.raw import Connection, request_head


def test_a_user_who_reads_too_much_is_told_to_wait_and_others_are_served(start_server):
    server = start_server("--user-reads", "5")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    vasya.snapshot()
    answers = [vasya.request("GET", "/v1/calls?with=nobody") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 10 and {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].json()["code"] == "rate_limited" and int(refused[0].headers["retry-after"]) >= 1
    assert petya.request("GET", "/v1/calls").status_code == 200
    assert vasya.request("PUT", "/v1/users/me/blocks/petya").status_code < 300, "writes have a budget of their own"
    assert vasya.events() == [], "events are read all the same"
    snapshots = [vasya.request("GET", "/v1/events").status_code for _ in range(40)]
    assert 429 in snapshots, "a snapshot is a read"


def test_operations_that_do_not_exist_are_limited_as_reads_are(start_server):
    server = start_server("--user-reads", "5")
    vasya = register(server, "vasya")
    url = server.url.replace("http", "ws") + "/v1/socket"
    with connect(url, additional_headers={"Authorization": f"Bearer {vasya.token}"}) as socket:
        socket.recv(10)
        for number in range(40):
            socket.send(json.dumps({"id": number, "op": "nothing"}))
        answers = [json.loads(socket.recv(10)) for _ in range(40)]
    assert [answer["id"] for answer in answers] == list(range(40))
    statuses = [answer["status"] for answer in answers]
    assert statuses[:5] == [404] * 5 and statuses.count(429) >= 10


def test_half_a_mebibyte_of_refused_bodies_pauses_a_connection(start_server):
    server = start_server("--device-writes", "1", "--trusted-proxies", "none")
    vasya = register(server, "vasya")
    body = b'{"callee": "' + b"x" * 60_000 + b'"}'
    head = request_head(
        "POST", "/v1/calls", f"Authorization: Bearer {vasya.token}", "Content-Type: application/json",
        f"Content-Length: {len(body)}")
    began = time.monotonic()
    with Connection(server, 20) as connection:
        connection.send((head + body) * 30)
        statuses = [connection.response()[0] for _ in range(30)]
    seconds = time.monotonic() - began
    # Two may be written at once, and one more a second.
    assert statuses.count(429) >= 30 - 2 - 1 - seconds
    assert seconds > 0.9


def test_a_connection_that_goes_on_in_spite_of_429_is_paused(start_server):
    times = refusals(start_server("--user-reads", "5", "--trusted-proxies", "none"), 1)
    assert len(times) > 300 and times[-1] - times[0] > 1.4


def test_a_proxys_connection_that_goes_on_in_spite_of_429_is_not_paused(start_server):
    times = refusals(start_server("--user-reads", "5", "--trusted-proxies", "127.0.0.1"), 5)
    # Of 201 refusals in a row, some would come after a pause, which lasts half a second or more, or more than a
    # second after the first. On a slow machine many may take as long without a pause, but not all.
    assert min(last - first for first, last in zip(times, times[200:])) < 0.5


def refusals(server, batches):
    """When each of the requests that got 429 was answered, of so many batches of 400, each sent at once."""
    vasya = register(server, "vasya")
    head = request_head("GET", "/v1/calls", f"Authorization: Bearer {vasya.token}")
    times = []
    with Connection(server, 20) as connection:
        for _ in range(batches):
            connection.send(head * 400)
            for _ in range(400):
                status = connection.response()[0]
                assert status in (200, 429)
                if status == 429:
                    times.append(time.monotonic())
    return times
