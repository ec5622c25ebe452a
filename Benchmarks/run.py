"""One run of `scripts/bench`: its settings, the servers, and runs of the load generator against them."""

import contextlib
import random

from generator import Generator
from servers import Databases, Relay, Ringback, raise_file_limit
from tables import Figures

USERS = 20_000
# Seconds.
TURN = 1


class Run:
    def __init__(self, settings):
        self.settings = settings
        self.databases = Databases(settings.ringback)
        self.ringback = Ringback(settings.ringback, self.databases)
        self.poll = Ringback(settings.ringback, self.databases, "poll")
        self.relays = [Relay(package, settings.node_path) for package in ("websocket", "ws")]
        # Requests that the SDKs don't send, and servers that do less than Ringback.
        self.for_comparison = [
            Ringback(settings.ringback, self.databases, "socket", has_keys=False),
            Ringback(settings.ringback, self.databases, "poll", has_keys=False),
            Relay("ws", settings.node_path, is_acknowledging=False)]
        self.everyone = [self.ringback, *self.relays, self.poll]
        self.seconds, self.count = settings.seconds, settings.rounds

    @contextlib.contextmanager
    def generator(self, scenario, server, users=USERS, events=0, devices=1, **options):
        """The generator and a fresh server with these numbers of users, events and devices per user."""
        with server.start(users=users, events=events, devices=devices) as (port, pid, _):
            command = [self.settings.load, scenario, "--port", str(port), "--pid", str(pid), "--users", str(users),
                       "--devices", str(devices)]
            for name, value in (server.options | options).items():
                command += ["--" + name.replace("_", "-"), str(value)]
            command += server.more
            with Generator(f"{scenario} {options} {server.name}", command) as generator:
                yield generator

    def load(self, scenario, server, **options):
        with self.generator(scenario, server, **options) as generator:
            return generator.result()

    def in_turns(self, scenario, cases):
        """A scenario in each of the cases (row → server and options).

        They take turns of a second, so that other load of the machine affects all of them.
        """
        figures = Figures()
        for _ in range(self.count):
            with contextlib.ExitStack() as stack:
                generators = {}
                for row, (server, options) in cases.items():
                    generators[row] = stack.enter_context(self.generator(scenario, server, turn=TURN, **options))
                    generators[row].wait()
                turns = list(generators.values())
                for generator in turns:
                    generator.turn()  # its warm-up
                for _ in range(round(self.seconds / TURN)):
                    random.shuffle(turns)
                    for generator in turns:
                        generator.turn()
                for row, generator in generators.items():
                    figures.add(row, generator.result())
        return figures

    def all_in_turns(self, scenario, **options):
        return self.in_turns(
            scenario, {server.name: (server, options) for server in self.everyone + self.for_comparison})

    def rounds(self, cases, measure, count=None):
        """Calls `measure` for each case in turn (row → case), round after round."""
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
    """The number of connections that the limit of open files and the available ports permit."""
    return min(19_000, raise_file_limit() - 1000)
