"""Nodes on PostgreSQL, beside one on SQLite and nodes of another server. Nodes, PostgreSQL and generator share the machine."""

import contextlib
import pathlib
import subprocess
import sys

from flows import GENERATOR_LIMIT
from servers import Server, running
from spreed import NAME as SPREED
from spreed import Spreed
from tables import print_table

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Tests" / "EndToEnd"))
from harness.postgresql import PostgreSQL  # noqa: E402

SQLITE, ONE_NODE = "one node, SQLite", "one node, PostgreSQL"
THREE_NODES = "three nodes, caller and callee at different ones"
FILL = """
    INSERT INTO users (user_id, display_name, password_hash, busy, created_at)
    SELECT 'user' || lpad(n::text, 7, '0'), 'User ' || n, '', 'wait', {now} FROM generate_series(0, {users} - 1) n;
    INSERT INTO devices (device_id, user_id, token_hash, created_at, expires_at)
    SELECT 'device000' || lpad(n::text, 7, '0'), 'user' || lpad(n::text, 7, '0'),
        sha256(('benchmark-000' || lpad(n::text, 30, '0'))::bytea), {now}, {now} + 30::bigint * 86400000
    FROM generate_series(0, {users} - 1) n;
    ANALYZE;
    CHECKPOINT;
"""


class Cluster(Server):
    """Nodes on a PostgreSQL of their own, with its defaults: every commit is on disk. The CPU is that of all of them."""

    def __init__(self, binary, count):
        self.binary, self.count = binary, count
        self.name = ONE_NODE if count == 1 else THREE_NODES
        self.options = {"transport": "socket", "keys": 1}

    @contextlib.contextmanager
    def start(self, users, **_):
        database = PostgreSQL(shared_buffers="256MB")
        try:
            subprocess.run([self.binary, "migrate", "--database", database.url], check=True, stdout=subprocess.DEVNULL)
            database.ask(FILL.format(users=users, now="(extract(epoch FROM now()) * 1000)::bigint"))
            postmaster = (database.data / "postmaster.pid").read_text().splitlines()[0]
            with contextlib.ExitStack() as stack:
                nodes = [
                    stack.enter_context(running([
                        self.binary, "serve", "--port", "0", "--database", database.url, "--node-name", f"node-{number}",
                        "--password-cost", "4", "--registration", "open", "--device-writes", "1000000", "--device-connections", "100000"]))
                    for number in range(1, self.count + 1)]
                self.more = ["--parent-pid", postmaster]
                for _, pid, _ in nodes[1:]:
                    self.more += ["--other-pid", str(pid)]
                if len(nodes) > 1:
                    self.more += ["--callee-port", str(nodes[1][0])]
                yield nodes[0]
        finally:
            database.remove()


class Part:
    def cases(self, run, **options):
        servers = {SQLITE: run.ringback, ONE_NODE: Cluster(run.settings.ringback, 1),
                   THREE_NODES: Cluster(run.settings.ringback, 3)}
        return {row: (server, options) for row, server in servers.items()}


class ClusterFlow(Part):
    """Complete calls in a closed loop."""

    name = "cluster-flow"

    def measure(self, run):
        return {str(pairs): self.calls(run, pairs) for pairs in (50, 500)}

    def calls(self, run, pairs):
        cases = self.cases(run, pairs=pairs)
        cases[SPREED] = Spreed(run.settings.cluster_peers), {"pairs": pairs}
        return run.in_turns("flow", cases)

    def print(self, tables):
        for pairs, figures in tables.items():
            print_table(
                f"Whole calls on several nodes, WebSocket, {pairs} pairs",
                ["", "CPU per flow of nodes, database and broker, µs", f"× {SQLITE}", f"× {ONE_NODE}", "flows/s",
                 f"× {SPREED}", "cores", "generator, cores"],
                [[row, figures.text(row, "cpuPerFlow"), figures.ratio(row, SQLITE, "cpuPerFlow"),
                  figures.ratio(row, ONE_NODE, "cpuPerFlow"), figures.text(row, "flowsPerSecond"),
                  figures.ratio(row, SPREED, "flowsPerSecond"), figures.text(row, "cores", 2),
                  figures.text(row, "ownCores", 2)] for row in figures.values])
            for row in figures.values:
                if figures.median(row, "ownCores") > GENERATOR_LIMIT:
                    print(f"\nThe generator had no more of a core to give for {row}: its flows/s are a lower bound.")
        print(f"\n{SPREED}: with nats-server, everything in memory, no acknowledgements.")


class ClusterLatency(Part):
    """Candidates at a fixed rate in active calls."""

    name = "cluster-latency"

    def measure(self, run):
        return {"latency": run.in_turns("latency", self.cases(run, pairs=100, rate=500))}

    def print(self, tables):
        figures = tables["latency"]
        quantiles = {"p50": "p50", "p99": "p99", "p99.9": "p999"}
        print_table(
            "From sending to delivery on PostgreSQL, 500 messages/s over 100 pairs, µs",
            ["", *quantiles, "acknowledged p50", "p99", "CPU per message"] + [f"{name} − SQLite" for name in quantiles],
            [[row] + [figures.text(row, name) for name in quantiles.values()]
             + [figures.text(row, name) for name in ("ackP50", "ackP99")] + [figures.text(row, "cpuPerMessage", 1)]
             + [figures.difference(row, SQLITE, name) for name in quantiles.values()] for row in figures.values])
