"""`scripts/run` as a newcomer uses it: a cluster of three servers, TLS, and Ctrl-C."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
import requests

from harness.deploy import free_port
from harness.phone import Phone, in_a_call
from harness.server import ROOT, environment
from harness.waiting import eventually


class Run:
    """The script in a session of its own, whose temporary folders are in `folder`."""

    def __init__(self, *options, directory):
        self.folder = Path(tempfile.mkdtemp(prefix="ringback-run-"))
        self.folder.chmod(0o755)
        self.log = directory / "run.log"
        with open(self.log, "wb") as log:
            # A background job of a shell ignores SIGINT, and with it everything that it starts.
            self.process = subprocess.Popen(
                ["env", "--default-signal=INT", ROOT / "scripts" / "run", *options, "--password-cost", "4"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory, start_new_session=True,
                env={**environment(), "TMPDIR": str(self.folder)})
        self.url = eventually(lambda: self.says(r"^demo: (\S+)/$"), 120, "the script says where the demo is").group(1)

    def says(self, pattern):
        text = self.log.read_text(errors="replace")
        assert self.process.poll() is None, text
        return re.search(pattern, text, re.MULTILINE)

    def interrupt(self):
        """Ctrl-C: the signal goes to every process of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.wait(40) == 130
        # The others are from `swift build`.
        assert list(self.folder.glob("tmp.*")) == []
        eventually(self._is_gone, 5, "no process of it is left")

    def _is_gone(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def remove(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def run(tmp_path):
    runs = []

    def start(*options):
        runs.append(Run(*options, directory=tmp_path))
        return runs[-1]

    yield start
    for started in runs:
        started.remove()


def context(browser, **options):
    return browser.new_context(permissions=["camera", "microphone"], **options)


def test_a_call_over_the_nodes_of_a_cluster(run, red_browser, green_browser):
    cluster = run("--cluster", "--port", str(free_port()))
    vasya = Phone(context(red_browser), cluster, "vasya")
    petya = Phone(context(green_browser), cluster, "petya")
    in_a_call(vasya, petya)
    os.kill(int(cluster.says(r"kill -9 (\d+)").group(1)), signal.SIGKILL)
    vasya.connection_is("online")
    petya.connection_is("online")
    vasya.picture_moves()
    vasya.hang_up()
    petya.reaches("ended", 30)
    for phone in (vasya, petya):
        phone.context.close()
    cluster.interrupt()


def test_a_call_over_tls(run, red_browser, green_browser):
    server = run("--tls", "--port", str(free_port()))
    certificate = server.says(r"^certificate: (\S+)").group(1)
    assert requests.get(server.url + "/healthz", timeout=10, verify=certificate).status_code == 200
    port = int(server.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"400" in plain.recv(1000).split(b"\r\n")[0], "no plain HTTP"
    vasya = Phone(context(red_browser, ignore_https_errors=True), server, "vasya")
    petya = Phone(context(green_browser, ignore_https_errors=True), server, "petya")
    in_a_call(vasya, petya)
    assert vasya.transport() == "websocket"
    vasya.hang_up()
    petya.reaches("ended")
    for phone in (vasya, petya):
        phone.context.close()
    server.interrupt()
