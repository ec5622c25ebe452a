"""The Swift SDK from outside: the example that answers with aiortc, and the command line."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from harness.server import ROOT, binary
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
    """Runs `ringback …` as a user with a home of their own: `command_line("petya", "users")`."""

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


def test_a_peer_signaled_by_the_sdk_is_in_a_call_with_the_page(phone, server, program):
    requests.post(f"{server.url}/v1/users", json={"userId": "petya", "password": PASSWORD}).raise_for_status()
    example = binary().with_name("ringback-example-peer")
    peer = program(
        "peer", example, server.url, "petya", sys.executable, ROOT / "Examples" / "Peer" / "peer.py", "--loopback")
    peer.says("listening")

    vasya = phone("vasya")
    vasya.call("petya")
    peer.says("answer")
    peer.says("connected")
    vasya.reaches("active", 20)
    # The picture of each comes to the other.
    peer.says("picture")
    vasya.shows("green")

    vasya.hang_up()
    peer.says("ended completed")
    assert peer.code() == 0, peer.log.read_text()


def test_the_token_is_kept_for_the_user_alone(command_line, tmp_path):
    said = command_line.login("petya").stdout
    path = tmp_path / "petya" / "ringback" / "default.json"
    assert str(path) in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    device = json.loads(path.read_text())["session"]["deviceId"]
    assert json.loads(path.read_text())["session"]["token"] not in said
    again = command_line("petya", "login", json.loads(path.read_text())["url"], "petya", stdin=f"{PASSWORD}\n")
    assert again.returncode == 0, again.stderr
    assert json.loads(path.read_text())["session"]["deviceId"] == device


def test_commands_call_listen_and_look_back(command_line, program):
    for name in ("vasya", "petya"):
        command_line.login(name)
    listen = program(
        "listen", binary(), "listen", "--answer", "decline", "--message", "On a train", "--once", "--json",
        **command_line.environment("petya"))
    listen.says('"snapshot"')

    called = command_line("vasya", "call", "petya")
    assert called.returncode == 2, called
    assert "declined" in called.stderr and "train" in called.stderr and "\x1b" not in called.stdout + called.stderr
    assert listen.code() == 0, listen.log.read_text()
    types = [json.loads(line)["type"] for line in listen.lines()]
    assert types == ["connection", "snapshot", "call.incoming"]

    history = command_line("petya", "history", "--json")
    call = json.loads(history.stdout)
    assert (call["direction"], call["reason"], call["missed"]) == ("incoming", "declined", False)
    assert "declined" in command_line("vasya", "history").stdout
    assert [line.split("\t")[1] for line in command_line("vasya", "users", "pe").stdout.splitlines()] == ["petya"]


def test_a_call_that_is_picked_up_ends_with_success(command_line, program):
    for name in ("vasya", "petya"):
        command_line.login(name)
    listen = program("listen", binary(), "listen", "--answer", "accept", **command_line.environment("petya"))
    listen.says("live calls")
    called = command_line("vasya", "call", "petya", "--audio-only")
    assert called.returncode == 0, called
    assert "has picked up" in called.stdout


def test_watching_shows_what_happens(command_line, program):
    for name in ("vasya", "petya"):
        command_line.login(name)
    watch = program("watch", binary(), "watch", "petya", "--json", **command_line.environment("vasya"))
    watch.says('"snapshot"')
    petya = program("petya", binary(), "watch", "--transport", "sse", **command_line.environment("petya"))
    petya.says("connected over sse")
    assert json.loads(watch.says('"presence"'))["data"]["userId"] == "petya"
    watch.process.terminate()
    assert watch.code() == 0


def test_who_is_not_signed_in_is_told_so(command_line):
    done = command_line("nobody", "users")
    assert done.returncode == 3 and "ringback login" in done.stderr


def test_the_doctor_finds_a_healthy_server_healthy(command_line, server):
    command_line.login("petya")
    done = command_line("petya", "doctor", server.url, "--poll-seconds", "1")
    assert done.returncode == 0, done
    for place in ("server", "clock", "sign-in", "websocket", "sse", "longpoll"):
        assert f"ok   {place}:" in done.stdout
    assert "warn ice:" in done.stdout


def test_the_doctor_says_what_is_wrong(command_line):
    done = command_line("petya", "doctor", "http://127.0.0.1:9")
    assert done.returncode == 4
    assert "FAIL server:" in done.stdout and "Is the server running" in done.stdout


def test_the_doctor_asks_turn_servers(start_server, command_line, tmp_path):
    """coturn with the secret the server has, and with another."""
    import shutil
    import socket

    turnserver = shutil.which("turnserver")
    assert turnserver, "no coturn: `apt-get install coturn`, or let scripts/test do it"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    coturn = subprocess.Popen(
        [turnserver, "-n", "--no-cli", "--use-auth-secret", "--static-auth-secret=north", "--realm=test",
         "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", f"--listening-port={port}",
         "--no-tls", "--no-dtls", f"--log-file={tmp_path}/turn.log", f"--pidfile={tmp_path}/turn.pid",
         f"--userdb={tmp_path}/turn.db"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        urls = ["--stun-urls", f"stun:127.0.0.1:{port}", "--turn-urls"]
        udp, tcp = f"turn:127.0.0.1:{port}?transport=udp", f"turn:127.0.0.1:{port}?transport=tcp"
        for secret, code in (("north", 0), ("south", 4)):
            server = start_server(*urls, f"{udp},{tcp}", "--turn-secret", secret)
            assert command_line("petya", "login", server.url, "petya", "--register", stdin=f"{PASSWORD}\n").returncode == 0

            def examined():
                done = command_line("petya", "doctor", server.url, "--poll-seconds", "0")
                return f"ok   stun:127.0.0.1:{port}: answers" in done.stdout and done

            done = eventually(examined, 20, "coturn answers")
            assert done.returncode == code, done
            words = "credentials allocate a relay" if code == 0 else "the credentials don't allocate"
            assert done.stdout.count(words) == 2, done.stdout
    finally:
        coturn.terminate()
        coturn.wait(10)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_the_commands(shell):
    script = subprocess.run([binary(), "--generate-completion-script", shell], capture_output=True, text=True)
    assert script.returncode == 0
    for command in ("doctor", "listen", "watch", "history"):
        assert command in script.stdout
