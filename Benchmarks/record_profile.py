"""Runs calls against a server that counts how often each branch is taken, and writes the counts for the compiler.

Started by scripts/profile, which builds the server. The file is LLVM's text form of an instrumentation profile: `llvm-profdata
merge` makes of it what `-ir-profile-use` takes. It has the functions that ran often and have the same name in every build.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import tempfile
import types

from run import Run

# Times that one of a function's branches was taken. With fewer it costs nothing that could be saved.
LEAST = 1000


def run_calls(settings):
    run = Run(types.SimpleNamespace(
        ringback=settings.ringback, load=settings.load, node_path="", seconds=settings.seconds, rounds=1))
    with contextlib.closing(types.SimpleNamespace(close=run.remove)):
        for server, pairs in ((run.ringback, 50), (run.ringback, 500), (run.poll, 50)):
            run.load("flow", server, pairs=pairs, seconds=settings.seconds)


class Record:
    """A function's counts."""

    def __init__(self, text):
        # Comments, and the line of bitmaps that this profile has none of, are left out.
        lines = [line for line in text.splitlines() if not line.startswith(("# ", "$0")) and line != ":ir"]
        self.name, self.hash, count = lines[0], lines[1], int(lines[2])
        self.counts = [int(line) for line in lines[3:3 + count]]
        self.kinds = list(self.parse_kinds(iter(lines[3 + count:])))

    @staticmethod
    def parse_kinds(lines):
        """Of each kind of value its number, and the values of each place with how often they came."""
        for _ in range(int(next(lines, 0))):
            kind, places = next(lines), int(next(lines))
            yield kind, [[next(lines) for _ in range(int(next(lines)))] for _ in range(places)]

    @property
    def is_wanted(self):
        # A path stands in the names of functions that only one file knows: theirs are of the build that was measured.
        return max(self.counts) >= LEAST and "/" not in self.name

    def __str__(self):
        lines = [self.name, self.hash, len(self.counts), *self.counts]
        # The number of bytes of bitmaps: without it the reader takes the next function's name for one.
        lines.append("$0")
        if self.kinds:
            lines.append(len(self.kinds))
        for kind, places in self.kinds:
            lines += [kind, len(places)]
            for values in places:
                values = [value for value in values if "/" not in value]
                lines += [len(values), *values]
        return "\n".join(map(str, lines)) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="scripts/profile", description=__doc__.splitlines()[0])
    for name in ("ringback", "load", "profdata", "output"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=5, help="of calls over each transport")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LLVM_PROFILE_FILE"] = f"{folder}/%p.profraw"
        run_calls(settings)
        text = subprocess.run(
            [settings.profdata, "merge", "-text", "-sparse", "-o", "-", *pathlib.Path(folder).glob("*.profraw")],
            check=True, stdout=subprocess.PIPE, text=True).stdout
    records = [Record(text) for text in text.split("\n\n") if text.strip()]
    wanted = sorted((record for record in records if record.is_wanted), key=lambda record: record.name)
    with open(settings.output, "w") as file:
        file.write("# Written by scripts/profile.\n:ir\n" + "\n".join(map(str, wanted)))
    print(f"{len(wanted)} functions of {len(records)} that ran")


if __name__ == "__main__":
    main()
