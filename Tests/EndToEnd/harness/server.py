"""The built server as a separate process with its own database."""

import os
import re
import signal
import subprocess
from pathlib import Path

import requests

from harness.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
LISTENING = re.compile(r"listening on (http://\S+:(\d+))")


def binary():
    path = Path(os.environ.get("RINGBACK_BINARY") or ROOT / ".build" / "debug" / "ringback")
    if not path.is_file():
        raise AssertionError(f"{path} is missing: run `swift build`, or let scripts/test do it")
    return path


class Server:
    """`ringback serve`, from its start to its end. A restart keeps the port and the database."""

    def __init__(self, directory, *options, port=0, database=None, environment=None, registration="open"):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        # A file, or the URL of a PostgreSQL database.
        self.database = database or self.directory / "ringback.sqlite"
        self.log = self.directory / "server.log"
        self.options = options
        self.registration = registration
        self.port = port
        self.environment = environment or {}
        # Another than the one under test.
        self.binary = None
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.launch()
        return self.wait_until_it_listens()

    def launch(self):
        """Starts the process, without a wait."""
        command = [self.binary or binary(), "serve", "--hostname", "127.0.0.1", "--port", str(self.port)]
        # The lowest accepted cost of password hashes: the tests register thousands of users, with a build that is not optimized.
        command += ["--database", str(self.database), "--password-cost", "4"]
        if self.registration:
            command += ["--registration", self.registration]
        command += self.options
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env=environment() | self.environment)

    def wait_until_it_listens(self):
        line = eventually(lambda: self._listening(self._read_from), 30, "the server says that it listens")
        self.port = int(line.group(2))
        return self

    def _listening(self, read_from):
        text = self.log.read_bytes()[read_from:].decode(errors="replace")
        code = self.process.poll()
        assert code is None, f"the server ended with {code} instead of listening:\n{text}"
        return LISTENING.search(text)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill9(self):
        self.process.kill()
        self.process.wait(10)

    def restart(self):
        assert not self.is_running(), "it still runs"
        return self.start()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self, seconds=15):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"the server did not end within {seconds} s after SIGTERM") from None

    def stop(self):
        """Stops the server like an init system, and checks that it exits cleanly."""
        if self.process is None:
            return
        if self.is_running():
            self.terminate()
            code = self.exit_code()
            assert code == 0, f"after SIGTERM the server ended with {code}"
        else:
            code = self.process.returncode
            assert code in (0, -signal.SIGKILL), f"the server had ended by itself with {code}"

    def is_healthy(self):
        return requests.get(self.url + "/healthz", timeout=5).status_code == 200

    def own_files(self):
        """The targets of its file descriptors, except for connections that a client holds open at the moment, and for the
        database, which readers open on demand."""
        directory, targets = Path(f"/proc/{self.pid}/fd"), []
        for descriptor in os.listdir(directory):
            try:
                target = os.readlink(directory / descriptor)
            except FileNotFoundError:
                continue  # closed meanwhile
            if not target.startswith(str(self.database)):
                targets.append(target)
        held = self._sockets_that_clients_hold()
        return [target for target in targets if target not in held]

    def _sockets_that_clients_hold(self):
        """The sockets of the server whose other end is open too, from the table of the kernel."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        established = [row for row in rows if row[3] == "01"]
        clients = {row[1] for row in established if row[2].endswith(f":{self.port:04X}")}
        return {f"socket:[{row[9]}]" for row in established if row[2] in clients}


def environment():
    """The environment without settings of the server: a developer's RINGBACK_PORT must not affect a test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
