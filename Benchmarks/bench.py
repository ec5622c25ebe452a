"""Runs the measurements and prints their tables. Started by scripts/bench, which builds and fetches what is needed.

Each figure is the median of several rounds with the smallest and the largest; within a round the servers take turns, so that
a noisy neighbour on the machine meets all of them.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time

from servers import Databases, Relay, Ringback, raise_file_limit
from tables import Figures, print_table

USERS = 20_000


def load(scenario, server, users=USERS, events=0, devices=1, **options):
    """One run of the generator against a fresh server with that many users, events and devices of each user."""
    with server.start(users=users, events=events, devices=devices) as (port, pid, _):
        command = [arguments.load, scenario, "--transport", server.transport, "--port", str(port), "--pid", str(pid),
                   "--users", str(users), "--devices", str(devices)]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
        if result.returncode != 0:
            raise SystemExit(f"{server.name}: {' '.join(command)} failed")
        figures = json.loads(result.stdout)
        print(f"{scenario} {options} {server.name}: {result.stdout.strip()}", file=sys.stderr)
        return figures


def rounds(servers, run):
    """`run` for each of the servers in turn, several times over."""
    figures = Figures()
    for _ in range(arguments.rounds):
        for server in servers:
            figures.add(server.name, run(server))
    return figures


def flow(everyone, relays):
    for pairs in (50, 500):
        figures = rounds(everyone, lambda server: load("flow", server, pairs=pairs, seconds=arguments.seconds))
        print_table(
            f"Whole calls, {pairs} pairs",
            ["", "server CPU per flow, µs"] + [f"× {relay.name}" for relay in relays]
            + ["flows/s", "cores used", "bytes received per flow"],
            [[server.name, figures.text(server.name, "cpuPerFlow")]
             + [figures.ratio(server.name, relay.name, "cpuPerFlow") for relay in relays]
             + [figures.text(server.name, "flowsPerSecond"), figures.text(server.name, "cores", 2),
                figures.text(server.name, "bytesReceived")]
             for server in everyone])


def latency(everyone, relays):
    figures = rounds(
        everyone, lambda server: load("latency", server, pairs=100, rate=2000, seconds=arguments.seconds))
    print_table(
        "From sending to delivery, 2,000 messages/s over 100 pairs, µs",
        ["", "p50", "p99", "p99.9", "acknowledged p50", "p99", "server CPU per message"],
        [[server.name] + [figures.text(server.name, name) for name in ("p50", "p99", "p999", "ackP50", "ackP99")]
         + [figures.text(server.name, "cpuPerMessage", 1)] for server in everyone])


def most_connections():
    return min(19_000, raise_file_limit() - 1000)


def idle(everyone, relays):
    for connections in (1000, 10_000, most_connections()):
        figures = rounds(
            everyone, lambda server: load("idle", server, connections=connections, seconds=2))
        print_table(
            f"{connections:,} idle connections, signed in (of long-poll: waiting polls)",
            ["", "resident KB each", "connects/s", "server CPU per connect, µs", "CPU while idle, cores"],
            [[server.name, figures.text(server.name, "bytesPerConnection", 1, 1 / 1000),
              figures.text(server.name, "connectsPerSecond"), figures.text(server.name, "cpuPerConnect"),
              figures.text(server.name, "idleCores", 3)] for server in everyone])


def growth(ringback):
    """What a flow costs with what is in the database, with a user's other devices, and beside idle sockets."""
    grow(ringback, "what is in the database, 500 pairs", [
        ("1,000 users, 0 events", dict(pairs=500, users=1000)),
        ("100,000 users, 0 events", dict(pairs=500, users=100_000)),
        ("100,000 users, 1,000,000 events", dict(pairs=500, users=100_000, events=1_000_000)),
    ] + [("100,000 users, 10,000,000 events", dict(pairs=500, users=100_000, events=10_000_000))] * arguments.large)
    grow(ringback, "the idle sockets beside 50 pairs", [
        (f"{sockets:,}", dict(pairs=50, idle=sockets)) for sockets in (0, 1000, 10_000, most_connections() - 1000)])
    grow(ringback, "the devices of each user, all connected, 50 pairs", [
        (f"{devices}", dict(pairs=50, users=1000, devices=devices)) for devices in (1, 2, 4, 8)])


def grow(ringback, what, cases):
    figures, first = Figures(), cases[0][0]
    for _ in range(arguments.rounds):
        for title, options in cases:
            figures.add(title, load("flow", ringback, seconds=arguments.seconds, **options))
    print_table(
        f"How the cost of a flow grows with {what}",
        ["", "server CPU per flow, µs", "× the first", "flows/s"],
        [[title, figures.text(title, "cpuPerFlow"), figures.ratio(title, first, "cpuPerFlow"),
          figures.text(title, "flowsPerSecond")] for title, _ in cases])


def start(ringback):
    figures = Figures()
    sizes = [0, 1_000_000] + [10_000_000] * arguments.large
    for _ in range(max(5, arguments.rounds)):
        for events in sizes:
            with ringback.start(users=100_000, events=events) as (_, _, took):
                figures.add(events, {"took": took})
    print_table(
        "Start to ready, 100,000 users", ["events in the log", "ms"],
        [[f"{events:,}", figures.text(events, "took", 0, 1000)] for events in sizes])


def ceiling(databases):
    figures = Figures()
    kinds = {"plain": "append-only, keyed by the integer", "indexed": "with an index in random order"}
    for _ in range(arguments.rounds):
        for kind in kinds:
            output = subprocess.run(
                [arguments.group_commit, databases.folder, str(arguments.seconds), "100", kind], check=True,
                stdout=subprocess.PIPE, text=True).stdout
            figures.add(kind, json.loads(output))
    print_table(
        "The ceiling: SQLite's C API, WAL, FULL, rows of 300 bytes, 100 to a commit",
        ["", "rows/s", "CPU per row, µs", "commit p50, µs", "p99"],
        [[title, figures.text(kind, "rowsPerSecond"), figures.text(kind, "cpuPerRow", 1),
          figures.text(kind, "commitP50"), figures.text(kind, "commitP99")] for kind, title in kinds.items()])


def machine():
    processor = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    print(f"{os.cpu_count()} cores ({processor[1] if processor else platform.machine()}), {memory} GB,"
          f" Linux {platform.release()}, node {node}, {time.strftime('%Y-%m-%d')},"
          f" {arguments.rounds} rounds of {arguments.seconds} s; load of the machine at the start"
          f" {os.getloadavg()[0]:.1f}")


def main():
    raise_file_limit()
    machine()
    databases = Databases(arguments.ringback)
    ringback = Ringback(arguments.ringback, databases)
    relays = [Relay(package, arguments.node_path) for package in ("websocket", "ws")]
    everyone = [ringback, *relays, Ringback(arguments.ringback, databases, "poll")]
    parts = {
        "ceiling": lambda: ceiling(databases),
        "flow": lambda: flow(everyone, relays),
        "latency": lambda: latency(everyone, relays),
        "idle": lambda: idle(everyone, relays),
        "start": lambda: start(ringback),
        "growth": lambda: growth(ringback),
    }
    try:
        for name, part in parts.items():
            if name in arguments.only.split(",") or not arguments.only:
                part()
    finally:
        databases.remove()


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
for name in ("ringback", "load", "group-commit", "node-path"):
    parser.add_argument("--" + name, required=True)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=5)
parser.add_argument("--large", action="store_true", help="also with ten million events in the log")
parser.add_argument("--only", default="", help="ceiling,flow,latency,idle,start,growth")
arguments = parser.parse_args()
main()
