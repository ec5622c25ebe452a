"""Server keys: made with `ringback key` while the server runs."""

import os
import subprocess

import requests

from harness.server import binary, environment

SCOPES = "users,sessions,blocks,calls:read,calls:end,bans,audit,webhooks"


def key_command(server, *arguments, check=True):
    """Runs `ringback key …` on the database of a running server."""
    return subprocess.run(
        [binary(), "key", *arguments, "--database", str(server.database)], capture_output=True, text=True, check=check,
        env=environment() | {name: value for name, value in os.environ.items() if name.startswith("PG")}, timeout=30)


class Backend:
    """The back end of a platform, with a server key."""

    def __init__(self, server, name="backend", scopes=SCOPES):
        self.server = server
        self.name = name
        self.key = key_command(server, "create", name, "--scopes", scopes).stdout.strip()
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {self.key}"

    def request(self, method, path, body=None, **options):
        if body is not None:
            options["json"] = body
        return self.http.request(method, f"{self.server.url}/v1{path}", timeout=30, **options)

    def expect(self, status, method, path, body=None, **options):
        answer = self.request(method, path, body, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None
