"""A database with a maximum size: users who write as much as they can do not take the disk from the others."""

import os
import sqlite3

from harness.api import Device, register

MAXIMUM = 16 << 20
OPTIONS = ("--max-database-size", "16", "--user-write-kilobytes", "1000000")
CANDIDATE = {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host " + "x" * 1900, "sdpMid": "0"}


def accepted_call(caller, callee):
    call_id = caller.invite(callee.user_id)["callId"]
    callee.step(call_id, "accept")
    return call_id


def fill_while_others_end_their_calls(server):
    vasya, petya, masha, dasha = (register(server, name) for name in ("vasya", "petya", "masha", "dasha"))
    quiet = [accepted_call(masha, dasha) for _ in range(4)]
    tablets = [Device(server, "masha") for _ in range(4)]
    written, refused = 0, 0
    for _ in range(4):
        call_id = accepted_call(vasya, petya)
        for number in range(120):
            sender = (vasya, petya)[number % 2]
            response = sender.request("POST", f"/v1/calls/{call_id}/candidates", {"candidates": [CANDIDATE] * 60})
            assert response.status_code in (202, 503), response.text
            if response.status_code == 202:
                written += len(response.request.body)
            else:
                refused += 1
                assert response.json()["code"] == "storage_unavailable" and int(response.headers["retry-after"]) > 0
        dasha.hang_up(quiet.pop())
        tablet = tablets.pop()
        tablet.request("DELETE", f"/v1/sessions/{tablet.device_id}").raise_for_status()
        vasya.hang_up(call_id)
    assert written > 3 * MAXIMUM, f"{refused} were refused"
    assert server.is_healthy() and masha.request("GET", "/readyz").status_code == 200

    call_id = accepted_call(masha, dasha)
    masha.offer(call_id)
    dasha.answer(call_id)
    assert masha.get(f"/v1/calls/{call_id}/answer")["description"]["type"] == "answer"
    masha.hang_up(call_id)


def test_users_who_fill_the_disk_do_not_keep_others_from_ending_calls_and_it_recovers(start_server):
    server = start_server(*OPTIONS)
    fill_while_others_end_their_calls(server)
    assert os.path.getsize(server.database) <= MAXIMUM
    server.stop()
    database = sqlite3.connect(server.database)
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    database.close()


def test_users_who_fill_postgresql_do_not_keep_others_from_ending_calls(start_server, database):
    server = start_server(*OPTIONS, database=database.schema("t_maximum_size"))
    fill_while_others_end_their_calls(server)
    # What was removed is free within the files. They grow beyond the maximum by what is written until it is measured.
    size = database.ask(
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 't_maximum_size' AND c.relkind = 'r'")[0][0]
    assert int(size) <= MAXIMUM * 1.25
