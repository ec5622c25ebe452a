"""Runs the measurements and prints their tables. Started by scripts/bench, which builds and fetches what is needed.

Each figure is the median of several rounds with the smallest and the largest. Within a round the servers take turns, those that
handle calls every second, so that a noisy neighbour on the machine meets all of them. Ratios and differences are taken within
the rounds. Ringback gets the same requests as from the SDKs: each write has an idempotency key, except in the rows "without keys".
"""

import argparse
import os
import platform
import re
import signal
import subprocess
import sys
import time

from allocations import Allocations
from cluster import ClusterFlow, ClusterLatency
from flows import Ceiling, Flow, Latency
from goals import print_goals
from growth import GrowthData, GrowthDevices, GrowthSockets
from kept import Kept
from run import Run
from servers import raise_file_limit
from standing import Idle, Start

PARTS = [Ceiling(), Flow(), Allocations(), Latency(), Idle(), Start(), GrowthData(), GrowthDevices(),
         GrowthSockets()]
# Measured only when they are named: they need PostgreSQL.
CLUSTER = [ClusterFlow(), ClusterLatency()]


def print_machine(settings):
    processor = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    print(f"{os.cpu_count()} cores ({processor[1] if processor else platform.machine()}), {memory} GB,"
          f" Linux {platform.release()}, node {node}, {time.strftime('%Y-%m-%d')},"
          f" {settings.rounds} rounds of {settings.seconds:g} s; load of the machine at the start"
          f" {os.getloadavg()[0]:.1f}")


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    for name in ("ringback", "load", "group-commit", "allocations", "node-path"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--cluster-peers", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of a round; its warm-up is not in it")
    parser.add_argument("--large", action="store_true", help="also with ten million events in the log")
    parser.add_argument("--only", default="", metavar="PART,…",
                        help=", ".join([part.name for part in PARTS + CLUSTER] + ["growth", "cluster", "goals"]))
    settings = parser.parse_args()
    wanted = [name for name in settings.only.split(",") if name]
    known = [part.name for part in PARTS + CLUSTER] + ["growth", "cluster", "goals"]
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(known)}")
    settings.parts = [part for part in PARTS + CLUSTER
                      if part.name in wanted or part.name.split("-")[0] in wanted or not wanted and part in PARTS]
    return settings


def main():
    # On SIGTERM, it still stops its server and removes its databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    raise_file_limit()
    settings = parse()
    print_machine(settings)
    kept, run = Kept(settings.ringback), Run(settings)
    try:
        for part in settings.parts:
            began = time.monotonic()
            tables = part.measure(run)
            kept.save(part.name, tables, settings)
            part.print(tables)
            print(f"{part.name} took {time.monotonic() - began:.0f} s", file=sys.stderr)
    finally:
        run.remove()
    tables, notes = kept.load()
    print_goals(tables)
    measured = [part.name for part in settings.parts]
    for name, note in notes.items():
        if name not in measured:
            print(f"\n{name}: measured before, {note}.")


main()
