"""After a restart 5,000 clients reconnect over WebSocket, each about 20 events behind."""

import json
import multiprocessing
import subprocess
import time

import fill as database_fill

# Some of the events are for other devices of the user alone.
CLIENTS, EVENTS = 5000, 24
# Of all clients.
LEAST = 15 * CLIENTS
# Of each pair: a call has at least ten events for each side.
CALLS = 2.6
OPTIONS = ["--user-write-kilobytes", "1000000", "--device-writes", "1000000", "--address-connections", "30000",
           "--address-writes", "1000000", "--address-write-kilobytes", "1000000", "--address-invites", "1000000",
           "--address-calls", "30000"]
DISK = 256 << 20
SECONDS = 15
TRANSPORT = "socket"
GOAL_CPU_MS, GOAL_SECONDS = 0.4, 5


def fill(database):
    database_fill.fill(database, CLIENTS)


def prepare(server):
    """Where the clients are in their logs, and figures that the attack shares with the judge."""
    calls = 0
    while calls < CALLS * CLIENTS / 2:
        calls += load(server, "flow", "socket", pairs=CLIENTS // 2, warm_up=0.1, seconds=3)["flows"]
    load(server, "reconnect", "socket")
    load(server, "reconnect", "poll", behind=EVENTS)
    server.restart()
    return multiprocessing.Array("d", 2)


def load(server, scenario, transport, **options):
    command = [server.load, scenario, "--transport", transport, "--port", str(server.port), "--pid", str(server.pid),
               "--users", str(CLIENTS), "--connections", str(CLIENTS), "--cursors", str(server.folder / "cursors")]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def attack(server, figures, behind=EVENTS):
    # What the others cost is not for the clients.
    cpu = server.cpu_seconds()
    time.sleep(1)
    others = server.cpu_seconds() - cpu
    result = load(server, "reconnect", TRANSPORT, behind=behind)
    milliseconds = result["cpuPerClient"] / 1000 - others * result["seconds"] / CLIENTS * 1000
    figures[:] = [milliseconds, result["seconds"]]
    done = CLIENTS * result["events"] if behind else CLIENTS
    yield done, (f"{CLIENTS:,} clients with {result['events']:.0f} events each are back after {result['seconds']:.1f} s,"
                f" {milliseconds:.2f} ms of CPU each")


def judge(server, figures):
    milliseconds, seconds = figures
    if seconds == 0:
        return "not all are back"
    faults = [f"more than {GOAL_CPU_MS} ms each"] * (milliseconds > GOAL_CPU_MS)
    faults += [f"longer than {GOAL_SECONDS} s"] * (seconds > GOAL_SECONDS)
    return ", ".join(faults) or None
