"""The reads of one user have a budget, and others do not pay for it."""

from harness.api import register


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
