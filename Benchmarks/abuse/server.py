"""The server under attack: a process of its own on an empty database, and what it costs."""

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
# Loopback is no proxy here, so that its addresses have limits as any others.
OPTIONS = ["--password-cost", "4", "--trusted-proxies", "none", "--log-level", "critical", "--registration", "open",
           "--address-registrations", "1000000", "--address-sign-ins", "1000000"]


class Server:
    """`limit` is that of its descriptors, `load` the path of the load generator."""

    def __init__(self, binary, folder, options, limit, load):
        self.folder, self.load, self.port = pathlib.Path(folder), load, 0
        self.database = self.folder / "ringback.sqlite"
        self.command = [binary, "serve", "--database", str(self.database), *OPTIONS, *options]
        if limit:
            self.command = ["prlimit", f"--nofile={limit}:{limit}", *self.command]

    def start(self):
        command = [*self.command, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"listening on http://[^:]+:(\d+)", line)
        if not found:
            raise SystemExit(f"{' '.join(command)} did not start: {line}{self.process.stderr.read()}")
        self.port = int(found[1])

    def stop(self):
        self.process.terminate()
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """Bytes that are resident."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def disk(self):
        return sum(path.stat().st_size for path in self.folder.glob("ringback.sqlite*"))


@contextlib.contextmanager
def running(binary, load, options=(), limit=None, fill=None):
    """Starts the server. `fill` puts something into its database before."""
    with tempfile.TemporaryDirectory(prefix="ringback-abuse-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        server = Server(binary, folder, options, limit, load)
        if fill:
            subprocess.run([binary, "migrate", "--database", server.database], check=True, stdout=subprocess.DEVNULL)
            fill(server.database)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Meter:
    """What a server costs between two moments."""

    def __init__(self, server):
        self.server = server
        self.began, self.cpu = time.monotonic(), server.cpu_seconds()
        self.memory, self.disk = server.memory(), server.disk()
        self.peak = self.memory

    def look(self):
        self.peak = max(self.peak, self.server.memory())

    def cpu_share(self):
        return (self.server.cpu_seconds() - self.cpu) / (time.monotonic() - self.began)

    def disk_growth(self):
        return self.server.disk() - self.disk
