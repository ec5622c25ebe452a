"""Many sign-ins with invented names or wrong passwords: what the others notice."""

import statistics
import threading
import time

import pytest
import requests

from harness.api import PASSWORD, register

CONNECTIONS = 300


@pytest.fixture
def flood():
    """Begins to sign in with invented names over many connections: `flood(server, headers)`."""
    done = threading.Event()
    threads = []

    def begin(server, headers, connections=CONNECTIONS):
        def try_names(number):
            with requests.Session() as http:
                attempt = 0
                while not done.is_set():
                    attempt += 1
                    body = {"userId": f"invented-{number}-{attempt}", "password": "not a password"}
                    try:
                        http.post(server.url + "/v1/sessions", json=body, headers=headers, timeout=60)
                    except requests.RequestException:
                        return

        threads.extend(threading.Thread(target=try_names, args=(number,)) for number in range(connections))
        for thread in threads:
            thread.start()

    yield begin
    done.set()
    for thread in threads:
        thread.join()


def sign_in(server, headers=None, **more):
    body = {"userId": "vasya", "password": PASSWORD, **more}
    start = time.monotonic()
    answer = requests.post(server.url + "/v1/sessions", json=body, headers=headers, timeout=60)
    return answer.status_code, time.monotonic() - start


def test_invented_names_over_300_connections_refuse_no_right_password(server, flood):
    """All from one address behind a proxy that does not say which: they can't be told apart."""
    vasya = register(server, "vasya")
    flood(server, {})
    statuses = [sign_in(server)[0] for _ in range(5)]
    known = [sign_in(server, deviceId=vasya.device_id) for _ in range(5)]
    assert statuses == [201] * 5 and [status for status, _ in known] == [201] * 5


def test_a_flood_from_one_address_does_not_delay_others(start_server, flood):
    server = start_server("--password-cost", "14")
    register(server, "vasya")
    quiet = statistics.median(sign_in(server)[1] for _ in range(5))
    flood(server, {"X-Forwarded-For": "192.0.2.1"}, 50)
    others = [sign_in(server, {"X-Forwarded-For": "192.0.2.2"}) for _ in range(10)]
    assert {status for status, _ in others} == {201}
    assert statistics.median(seconds for _, seconds in others) < 20 * quiet + 1


def test_an_unknown_user_takes_as_long_as_a_known_one_also_after_the_cost_has_changed(start_server):
    server = start_server("--password-cost", "11")
    register(server, "vasya")
    server.terminate()
    server.exit_code()
    server.options = ("--password-cost", "14")
    server.restart()

    def seconds(user):
        answer = requests.post(
            server.url + "/v1/sessions", json={"userId": user, "password": "not the password"}, timeout=60)
        assert answer.status_code == 401
        return answer.elapsed.total_seconds(), answer.content

    # In turn, so that the load of the machine is the same for both; fewer than ten, which are refused.
    pairs = [(seconds("vasya"), seconds(f"nobody-{number}")) for number in range(9)]
    assert {known[1] for known, _ in pairs} == {unknown[1] for _, unknown in pairs}
    ratio = min(known[0] for known, _ in pairs) / min(unknown[0] for _, unknown in pairs)
    assert 0.6 < ratio < 1.6, ratio
