"""The costs of idle connections and of the start."""

from run import most_connections
from tables import print_table


class Idle:
    """Idle connections."""

    name = "idle"

    def measure(self, run):
        return {str(connections): run.side_by_side("idle", connections=connections, seconds=1, warm_up=0.5)
                for connections in (1000, 10_000, most_connections())}

    def print(self, tables):
        for connections, figures in tables.items():
            print_table(
                f"{int(connections):,} idle connections, at Ringback signed in (of long-poll: waiting polls)",
                ["", "resident KB each", "connects/s", "server CPU per connect, µs", "CPU while idle, cores"],
                [[row, figures.text(row, "bytesPerConnection", 1, 1 / 1000), figures.text(row, "connectsPerSecond"),
                  figures.text(row, "cpuPerConnect"), figures.text(row, "idleCores", 3)] for row in figures.values])
        print("\nA connection to Ringback is TCP, upgrade, hello and snapshot; to a relay, the first two.")


class Start:
    """From the start of the process until it listens."""

    name = "start"

    def measure(self, run):
        def start(events):
            with run.ringback.start(users=100_000, events=events) as (_, _, took):
                return {"took": took}

        sizes = [0, 1_000_000] + [10_000_000] * run.settings.large
        return {"start": run.rounds({f"{events:,}": events for events in sizes}, start)}

    def print(self, tables):
        figures = tables["start"]
        print_table("Start to ready, 100,000 users", ["events in the log", "ms"],
                    [[row, figures.text(row, "took", 0, 1000)] for row in figures.values])
