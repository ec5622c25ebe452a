"""The servers under measurement, each run with its own process and database."""

import contextlib
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import fill

COPY_LIMIT = 2 << 30


def raise_file_limit():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return limit


@contextlib.contextmanager
def running(command, environment=None):
    """Starts a server and waits until it listens; returns its port, process and the seconds until then."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        seen = ""
        for line in process.stderr:
            seen += line
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1]), process.pid, time.perf_counter() - began
                return
        raise SystemExit(f"{command[0]} did not start:\n{seen}")
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Server:
    # Further arguments of the generator, known once it runs.
    more = []


class Relay(Server):
    """A relay on Node.js that stores nothing. Without acknowledgements it only forwards, like the relays of tutorials."""

    def __init__(self, package, node_path, is_acknowledging=True):
        self.name = f"node `{package}`" + ("" if is_acknowledging else ", forwarding only")
        self.options = {"transport": "relay", "acknowledged": int(is_acknowledging)}
        self.command = ["node", str(pathlib.Path(__file__).parent / "relays" / f"{package}.js"),
                        *([] if is_acknowledging else ["forward"])]
        self.environment = {"NODE_PATH": node_path, "PATH": "/usr/local/bin:/usr/bin:/bin"}

    def start(self, **_):
        return running(self.command, self.environment)


class Ringback(Server):
    """Ringback with a transport; with keys each write has an idempotency key, as the SDKs send it."""

    def __init__(self, binary, databases, transport="socket", has_keys=True, environment=None):
        self.binary, self.databases, self.environment = binary, databases, environment
        self.options = {"transport": transport, "keys": int(has_keys)}
        self.name = ("Ringback" if transport == "socket" else "Ringback, REST and long-poll") + (
            "" if has_keys else ", without keys")

    @contextlib.contextmanager
    def start(self, **content):
        with self.databases.copy(**content) as path:
            command = [self.binary, "serve", "--port", "0", "--database", str(path), "--password-cost", "4",
                       "--registration", "open", "--device-writes", "1000000", "--user-write-kilobytes", "1000000",
                       "--device-connections", "100000"]
            with running(command, self.environment) as server:
                yield server


def settle(path):
    """Waits until a file is on disk, so that the commits of the server do not wait for it."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


class Databases:
    """Databases with users and a history, created once and copied for each run."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ringback-bench-", dir="/var/tmp"))

    def template(self, users, events=0, devices=1):
        path = self.folder / f"{users}-{events}-{devices}.sqlite"
        if not path.exists():
            subprocess.run([self.binary, "migrate", "--database", path], check=True, stdout=subprocess.DEVNULL)
            began = time.monotonic()
            fill.fill(path, users, events, devices)
            settle(path)
            print(f"filled {path.name}: {path.stat().st_size / 1e6:,.0f} MB in {time.monotonic() - began:.0f} s",
                  file=sys.stderr)
        return path

    @contextlib.contextmanager
    def copy(self, **content):
        template = self.template(**content)
        if template.stat().st_size > COPY_LIMIT:
            # Too large to copy for each run. A run adds little to it.
            yield template
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = shutil.copy(template, folder)
            settle(path)
            yield path

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
