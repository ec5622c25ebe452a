"""The command line, run by users with separate home directories."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.server import binary
from harness.waiting import eventually

PASSWORD = "battery staple"


class Program:
    """A program whose output is read while it runs."""

    def __init__(self, directory, name, *command, **environment):
        self.log = Path(directory) / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE, stdout=log, stderr=log,
                env={**os.environ, **environment})
        self.process.stdin.write(f"{PASSWORD}\n".encode())
        self.process.stdin.close()

    def lines(self):
        return self.log.read_text(errors="replace").splitlines()

    def says(self, text, seconds=20):
        def said():
            found = [line for line in self.lines() if text in line]
            assert found or self.process.poll() in (None, 0), f"it ended:\n{self.log.read_text()}"
            return found and found[0]

        return eventually(said, seconds, f"{self.log.stem} says {text!r}")

    def code(self, seconds=20):
        return self.process.wait(seconds)


@pytest.fixture
def program(tmp_path):
    programs = []

    def start(name, *command, **environment):
        programs.append(Program(tmp_path, name, *command, **environment))
        return programs[-1]

    yield start
    for started in programs:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()


@pytest.fixture
def command_line(tmp_path, server):
    """Runs `ringback …` as a user with a separate home directory: `command_line("petya", "users")`."""

    def environment(name):
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        return {"XDG_CONFIG_HOME": str(home), "HOME": str(home)}

    def run(name, *arguments, stdin=""):
        return subprocess.run(
            [binary(), *arguments], input=stdin, capture_output=True, text=True, timeout=60,
            env={**os.environ, **environment(name)})

    def login(name):
        done = run(name, "login", server.url, name, "--register", stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        return done

    run.environment, run.login = environment, login
    return run
