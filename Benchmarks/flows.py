"""Complete calls and single messages with Ringback and the relays, and the upper limit that the disk sets."""

import json
import subprocess

from tables import print_table

NODE = ("node `websocket`", "node `ws`")
RINGBACK, POLL = "Ringback", "Ringback, REST and long-poll"
UNKEYED, UNKEYED_POLL = RINGBACK + ", without keys", POLL + ", without keys"
FORWARDER = "node `ws`, forwarding only"
ACKNOWLEDGING = (f"\nA relay acknowledges each message to its sender, as Ringback does; {FORWARDER}, does not: it is the relay of"
                 " the tutorials.")
# The maximum share of a core. Above it, the figures would be those of the generator.
GENERATOR_LIMIT = 0.9


class Flow:
    """Complete calls in a closed loop."""

    name = "flow"

    def measure(self, run):
        return {str(pairs): run.all_in_turns("flow", pairs=pairs) for pairs in (50, 500)}

    def print(self, tables):
        for pairs, figures in tables.items():
            print_table(
                f"Whole calls, {pairs} pairs",
                ["", "server CPU per flow, µs"] + [f"× {relay}" for relay in NODE]
                + ["flows/s", "server, cores", "generator's CPU per flow, µs", "generator, cores",
                   "bytes received per flow"],
                [[row, figures.text(row, "cpuPerFlow")]
                 + [figures.ratio(row, relay, "cpuPerFlow") for relay in NODE]
                 + [figures.text(row, "flowsPerSecond"), figures.text(row, "cores", 2),
                    figures.text(row, "ownCPUPerFlow"), figures.text(row, "ownCores", 2),
                    figures.text(row, "bytesReceived")]
                 for row in figures.values])
            print(ACKNOWLEDGING)
            for row in figures.values:
                if figures.median(row, "ownCores") > GENERATOR_LIMIT:
                    print(f"\nThe generator had no more of a core to give for {row}: its flows/s are a lower bound.")


class Latency:
    """Candidates at a fixed rate in active calls."""

    name = "latency"

    def measure(self, run):
        return {"latency": run.all_in_turns("latency", pairs=100, rate=2000)}

    def print(self, tables):
        figures = tables["latency"]
        quantiles = {"p50": "p50", "p99": "p99", "p99.9": "p999"}
        print_table(
            "From sending to delivery, 2,000 messages/s over 100 pairs, µs",
            ["", *quantiles, "acknowledged p50", "p99", "server CPU per message"] + [f"× {relay}" for relay in NODE]
            + ["generator's CPU per message"],
            [[row] + [figures.text(row, name) for name in quantiles.values()]
             + ["" if row == FORWARDER else figures.text(row, name) for name in ("ackP50", "ackP99")]
             + [figures.text(row, "cpuPerMessage", 1)]
             + [figures.ratio(row, relay, "cpuPerMessage") for relay in NODE]
             + [figures.text(row, "ownCPUPerMessage", 1)]
             for row in figures.values])
        print(ACKNOWLEDGING)
        print_table(
            "What delivery takes beyond a relay's, µs",
            [""] + [f"{quantile} − {relay}" for relay in NODE for quantile in quantiles],
            [[row] + [figures.difference(row, relay, name) for relay in NODE for name in quantiles.values()]
             for row in (RINGBACK, POLL)])


class Ceiling:
    """SQLite's own group commit, through its C API."""

    name = "ceiling"
    kinds = {"plain": "append-only, keyed by the integer", "indexed": "with an index in random order"}

    def measure(self, run):
        def commit(kind):
            command = [run.settings.group_commit, run.databases.folder, str(run.seconds), "100", kind]
            return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

        return {"ceiling": run.rounds({title: kind for kind, title in self.kinds.items()}, commit)}

    def print(self, tables):
        figures = tables["ceiling"]
        print_table(
            "The ceiling: SQLite's C API, WAL, FULL, rows of 300 bytes, 100 to a commit",
            ["", "rows/s", "CPU per row, µs", "commit p50, µs", "p99"],
            [[row, figures.text(row, "rowsPerSecond"), figures.text(row, "cpuPerRow", 1),
              figures.text(row, "commitP50"), figures.text(row, "commitP99")] for row in figures.values])
