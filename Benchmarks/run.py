"""One run of `scripts/bench`: its settings, the servers, and runs of the load generator against them."""

import json
import subprocess
import sys

from servers import Databases, Relay, Ringback, raise_file_limit
from tables import Figures

USERS = 20_000


class Run:
    def __init__(self, settings):
        self.settings = settings
        self.databases = Databases(settings.ringback)
        self.ringback = Ringback(settings.ringback, self.databases)
        self.poll = Ringback(settings.ringback, self.databases, "poll")
        self.relays = [Relay(package, settings.node_path) for package in ("websocket", "ws")]
        self.everyone = [self.ringback, *self.relays, self.poll]
        self.seconds, self.count = settings.seconds, settings.rounds

    def load(self, scenario, server, users=USERS, events=0, devices=1, **options):
        """The generator against a fresh server with that many users, events and devices of each user."""
        with server.start(users=users, events=events, devices=devices) as (port, pid, _):
            command = [self.settings.load, scenario, "--transport", server.transport, "--port", str(port),
                       "--pid", str(pid), "--users", str(users), "--devices", str(devices)]
            for name, value in options.items():
                command += ["--" + name.replace("_", "-"), str(value)]
            result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300)
            if result.returncode != 0:
                raise SystemExit(f"{server.name}: {' '.join(command)} failed")
            print(f"{scenario} {options} {server.name}: {result.stdout.strip()}", file=sys.stderr)
            return json.loads(result.stdout)

    def rounds(self, cases, measure, count=None):
        """`measure` for each case in turn (its row → what to measure), round after round."""
        figures = Figures()
        for _ in range(count or self.count):
            for row, case in cases.items():
                figures.add(row, measure(case))
        return figures

    def side_by_side(self, scenario, **options):
        """A scenario against each of the servers."""
        return self.rounds({server.name: server for server in self.everyone},
                           lambda server: self.load(scenario, server, **options))

    def remove(self):
        self.databases.remove()


def most_connections():
    """As many as the limit on open files allows, up to what the system has ports for."""
    return min(19_000, raise_file_limit() - 1000)
