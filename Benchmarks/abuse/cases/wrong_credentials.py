"""Wrong passwords, invented names and wrong tokens from one address as fast as they go; right passwords come from another."""

import itertools
import os

import client

CONNECTIONS = 48
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

    def guess_password():
        http = client.HTTP(server.port, source=client.ATTACKER)

        def attempt():
            number = next(numbers)
            user = f"invented-{number}" if number % 16 else "victim"
            status = http.status("POST", "/v1/sessions", {"userId": user, "password": "not the password"})
            return f"{status} for a password"
        return attempt

    def guess_token():
        http = client.HTTP(server.port, source=client.ATTACKER)

        def attempt():
            http.token = os.urandom(32).hex()
            return f"{http.status('GET', '/v1/users/me')} for a token"
        return attempt

    return client.repeat([guess_token() if number % 4 == 0 else guess_password() for number in range(CONNECTIONS)])
