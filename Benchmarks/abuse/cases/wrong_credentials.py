"""1,000 wrong passwords, most of them of invented names, and 1,000 wrong tokens a second from one address; a right password comes from
another."""

import itertools
import json
import os

import client
import paced

# Of each.
PER_SECOND = 1000
# Of both, in the time that the attack lasts by default, with an answer.
LEAST = 9 * 2 * PER_SECOND
OPTIONS = ["--address-sign-ins", "300", "--password-cost", "15"]


def prepare(server):
    client.sign_in(server.port, "victim").close()


def judge(server, _):
    http = client.HTTP(server.port, source="127.0.0.67")
    status, answer = http.ask("POST", "/v1/sessions", {"userId": "victim", "password": client.PASSWORD})
    http.close()
    return None if status == 201 else f"a right password gets {status} {answer}"


def attack(server, _):
    numbers = itertools.count()

    def guess():
        number = next(numbers)
        if number % 2:
            return client.head("GET", "/v1/users/me", token=os.urandom(32).hex()), "a token"
        user = f"invented-{number}" if number % 32 else "victim"
        body = json.dumps({"userId": user, "password": "not the password"}).encode()
        return client.head("POST", "/v1/sessions", "Content-Type: application/json", f"Content-Length: {len(body)}") + body, "a password"

    requests = paced.Requests(server.port, client.ATTACKER, guess)
    for rate in paced.pace(2 * PER_SECOND, requests.send, requests.take_answers):
        yield sum(count for name, count in requests.counts.items() if " for " in name), f"{client.text(requests.counts)}; {rate:,.0f}/s"
