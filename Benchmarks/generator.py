"""A run of the load generator."""

import json
import subprocess
import sys


class Generator:
    def __init__(self, name, command):
        self.name, self.command = name, command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def wait(self):
        """Runs until it is ready for the next turn. The first turn is a warm-up."""
        if self.process.stdout.readline() != "waiting\n":
            self.fail()

    def turn(self):
        print(file=self.process.stdin, flush=True)
        self.wait()

    def result(self):
        """Ends the run and returns its measurements."""
        output = self.process.communicate(timeout=300)[0]
        if self.process.returncode != 0:
            self.fail()
        print(f"{self.name}: {output.strip()}", file=sys.stderr)
        return json.loads(output)

    def fail(self):
        raise SystemExit(f"{self.name}: {' '.join(self.command)} failed")
