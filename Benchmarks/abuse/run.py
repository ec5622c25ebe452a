"""Runs the attacks of cases/, each against a fresh server, and prints a table.

A case is a module: its docstring says what the attacker does. It has

    LEAST        what the attacker must have done at least, or there was no attack that a verdict could be about
    attack(server, prepared)   runs in a process of its own until that is ended; yields what it has done so far, as the number that LEAST
                 is compared with and as text

and may have

    OPTIONS      of the server, beside server.OPTIONS
    DESCRIPTORS  the server's limit of them
    DISK         bytes that the disk may grow by, 64 MiB by default
    SECONDS      that the attack lasts, 10 by default
    LONGEST_MS   that a request of the others may take during the attack
    fill(database)             writes into the new database before the server starts
    prepare(server)            before anything is measured; what it returns is given to the attack
    judge(server, prepared)    what else is wrong during the attack, as text; None if nothing is
"""

import argparse
import importlib
import math
import multiprocessing
import os
import pathlib
import resource
import signal
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "cases"), str(HERE.parent)]

import server as servers
from witness import Witness

BEFORE_SECONDS = 5
ATTACK_SECONDS = 10
RECOVERY_SECONDS = 60
MEMORY = 200 << 20
DISK = 64 << 20
# What the server keeps in memory: 32 MB of pages of the database, and the sessions that it knows.
KEPT = 40 << 20
# Twice the p99 of before is less than a few time slices of the machine's scheduler.
NOISE_MS = 5


def names():
    return sorted(path.stem for path in (HERE / "cases").glob("*.py"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ringback")
    parser.add_argument("--load", help="the load generator")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(names()))
        return
    unknown = set(arguments.names) - set(names())
    if unknown:
        raise SystemExit(f"no such attack: {', '.join(sorted(unknown))}; `scripts/abuse --list` names them")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("| attack | what the attacker did | CPU | memory: before, most, after | disk | others' p50 / p99 / longest before | during | verdict |")
    print("|---|---|---|---|---|---|---|---|")
    isBad = False
    for name in arguments.names or names():
        row, verdict = run(name, arguments.ringback, arguments.load)
        isBad = isBad or verdict != "good"
        print("| " + " | ".join([name.replace("_", " "), *row, verdict]) + " |", flush=True)
    sys.exit(isBad)


def run(name, binary, load):
    case = importlib.import_module(name)
    options, limit, fill = (getattr(case, name, None) for name in ("OPTIONS", "DESCRIPTORS", "fill"))
    with servers.running(binary, load, options or [], limit, fill) as server:
        prepared = case.prepare(server) if hasattr(case, "prepare") else None
        witness = Witness(server.port)
        try:
            return measure(case, server, prepared, witness)
        finally:
            witness.stop()


def measure(case, server, prepared, witness):
    witness.during(1)
    before = witness.during(BEFORE_SECONDS)
    meter = servers.Meter(server)
    attacker, done = begin(case, server, prepared)
    # The others are looked at when the attack is under way.
    witness.during(2, meter.look)
    during = witness.during(getattr(case, "SECONDS", ATTACK_SECONDS) - 2, meter.look)
    complaint = case.judge(server, prepared) if hasattr(case, "judge") else None
    cpu = meter.cpu_share()
    attacker.kill()
    attacker.join()
    count, text = 0, ""
    while not done.empty():
        count, text = done.get()
    isBack, seconds = recover(server, meter, witness, before)
    row = [
        text, f"{cpu * 100:.0f} %", f"{megabytes(meter.memory)}, {megabytes(meter.peak)}, {megabytes(server.memory())} MB",
        f"{megabytes(meter.disk_growth())} MB", str(before), str(during),
    ]
    faults = [complaint] if complaint else []
    if count < case.LEAST:
        faults.append(f"attack too weak: {count:,.0f} of {case.LEAST:,}")
    if during.p99 > max(2 * before.p99, NOISE_MS):
        faults.append("others wait")
    if during.longest > getattr(case, "LONGEST_MS", math.inf):
        faults.append("a wait of others")
    if during.failed:
        faults.append("others fail")
    if meter.peak > MEMORY:
        faults.append("memory")
    if meter.disk_growth() > getattr(case, "DISK", DISK):
        faults.append("disk")
    if not isBack:
        faults.append(f"not back after {seconds:.0f} s")
    return row, "**" + ", ".join(faults) + "**" if faults else "good"


def begin(case, server, prepared):
    done = multiprocessing.Queue()
    attacker = multiprocessing.Process(target=attack, args=(case, server, prepared, done), daemon=True)
    attacker.start()
    return attacker, done


def attack(case, server, prepared, done):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An attacker's work is done elsewhere; here it must not take the cores from the server and the others.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for count, text in case.attack(server, prepared):
        done.put((count, text))
    time.sleep(1000)


def recover(server, meter, witness, before):
    """Whether memory and the others' times are back, and after how many seconds."""
    began = time.monotonic()
    while time.monotonic() - began < RECOVERY_SECONDS:
        now = witness.during(2)
        isMemoryBack = server.memory() < 1.1 * meter.memory + KEPT
        if isMemoryBack and now.p99 <= max(2 * before.p99, NOISE_MS) and not now.failed:
            return True, time.monotonic() - began
    return False, time.monotonic() - began


def megabytes(bytes):
    return f"{bytes / (1 << 20):.0f}"


if __name__ == "__main__":
    main()
