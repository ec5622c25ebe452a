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
OPTIONS = ["--port", "0", "--password-cost", "4", "--trusted-proxies", "none", "--log-level", "critical", "--registration",
           "open", "--address-registrations", "1000000", "--address-sign-ins", "1000000"]


class Server:
    def __init__(self, port, process, folder):
        self.port, self.process, self.folder = port, process, folder

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

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


@contextlib.contextmanager
def running(binary, options=(), limit=None):
    """Starts the server. `limit` is that of its descriptors."""
    with tempfile.TemporaryDirectory(prefix="ringback-abuse-") as folder:
        command = [binary, "serve", "--database", f"{folder}/ringback.sqlite", *OPTIONS, *options]
        if limit:
            command = ["prlimit", f"--nofile={limit}:{limit}", *command]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            line = process.stderr.readline()
            found = re.search(r"listening on http://[^:]+:(\d+)", line)
            if not found:
                raise SystemExit(f"{binary} did not start: {line}{process.stderr.read()}")
            yield Server(int(found[1]), process, pathlib.Path(folder))
        finally:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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
