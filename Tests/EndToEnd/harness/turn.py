"""coturn on loopback, which accepts the credentials of Ringback."""

import shutil
import socket
import subprocess

from harness.waiting import eventually


class Turn:
    SECRET = "a secret that coturn and Ringback share"

    def __init__(self, directory):
        assert shutil.which("turnserver"), "no coturn: `apt-get install coturn`"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"turn:127.0.0.1:{self.port}?transport=udp"
        self.log = directory / "turn.log"
        command = [
            "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={self.port}",
            "--use-auth-secret", f"--static-auth-secret={self.SECRET}", "--realm=ringback", "--no-tls", "--no-dtls",
            "--no-cli", "--allow-loopback-peers", f"--userdb={directory / 'turn.sqlite'}", "--verbose",
            f"--log-file={self.log}", "--simple-log", f"--pidfile={directory / 'turn.pid'}",
        ]
        nothing = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
        eventually(self._answers, 15, "coturn answers")

    def _answers(self):
        """A STUN binding request (RFC 8489) and its response."""
        assert self.process.poll() is None, "coturn ended"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.sendto(bytes.fromhex("000100002112a442") + b"ringback-end", ("127.0.0.1", self.port))
            try:
                return client.recv(100)[:2] == b"\x01\x01"
            except OSError:
                return False

    def allocations(self):
        """The number of allocations that it has granted."""
        return self.log.read_text(errors="replace").count("ALLOCATE processed, success") if self.log.exists() else 0

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
