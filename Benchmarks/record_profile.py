"""Runs calls against a server that counts how often each branch is taken, and merges the counts into a profile for the compiler.

Started by scripts/release, which builds the server and hands the profile to the compiler (`-ir-profile-use`).
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import types

from run import Run


def run_calls(settings):
    run = Run(types.SimpleNamespace(
        ringback=settings.ringback, load=settings.load, node_path="", seconds=settings.seconds, rounds=1))
    try:
        for server, pairs in ((run.ringback, 50), (run.ringback, 500), (run.poll, 50)):
            run.load("flow", server, pairs=pairs, seconds=settings.seconds)
    finally:
        run.remove()


def main():
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__.splitlines()[0])
    for name in ("ringback", "load", "profdata", "output"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=5, help="of calls over each transport")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LLVM_PROFILE_FILE"] = f"{folder}/%p.profraw"
        run_calls(settings)
        counts = list(pathlib.Path(folder).glob("*.profraw"))
        if not counts:
            raise SystemExit("the server wrote no counts")
        subprocess.run([settings.profdata, "merge", "-sparse", "-o", settings.output, *counts], check=True)


if __name__ == "__main__":
    main()
