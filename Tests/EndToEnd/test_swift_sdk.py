"""The Swift SDK from outside: the example that answers with aiortc, and the command line."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import termios

import pytest
import requests

from harness.command_line import PASSWORD, command_line, program
from harness.server import ROOT, binary
from harness.waiting import eventually


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
    # Each side receives the picture of the other.
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


def test_the_commands_call_listen_and_history(command_line, program):
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


def test_an_accepted_call_exits_with_success(command_line, program):
    for name in ("vasya", "petya"):
        command_line.login(name)
    listen = program("listen", binary(), "listen", "--answer", "accept", **command_line.environment("petya"))
    listen.says("live calls")
    called = command_line("vasya", "call", "petya", "--audio-only")
    assert called.returncode == 0, called
    assert "has accepted" in called.stdout and "Hung up: there is no microphone" in called.stdout
    listen.says("Accepted. Hung up")


def test_watch_prints_events(command_line, program):
    for name in ("vasya", "petya"):
        command_line.login(name)
    watch = program("watch", binary(), "watch", "petya", "--json", **command_line.environment("vasya"))
    watch.says('"snapshot"')
    petya = program("petya", binary(), "watch", "--transport", "sse", **command_line.environment("petya"))
    petya.says("connected over sse")
    assert json.loads(watch.says('"presence"'))["data"]["userId"] == "petya"
    watch.process.terminate()
    assert watch.code() == 0


def test_commands_require_a_sign_in(command_line):
    done = command_line("nobody", "users")
    assert done.returncode == 3 and "ringback login" in done.stderr


def test_two_users_who_call_each_other_at_once_are_in_one_call(command_line, server):
    for name in ("vasya", "petya"):
        command_line.login(name)
    session = requests.post(f"{server.url}/v1/sessions", json={"userId": "petya", "password": PASSWORD}).json()
    invited = requests.post(
        f"{server.url}/v1/calls", json={"callee": "vasya", "media": {"audio": True, "video": False}},
        headers={"Authorization": f"Bearer {session['token']}"})
    assert invited.status_code == 201, invited.text
    called = command_line("vasya", "call", "petya")
    assert called.returncode == 0 and "was calling at the same time" in called.stdout, called
    call = json.loads(command_line("vasya", "history", "--json").stdout.splitlines()[0])
    assert (call["callId"], call["reason"]) == (invited.json()["callId"], "unsupported")


def test_unwritable_output_does_not_crash(command_line):
    command_line.login("petya")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [binary(), "users"], stdout=full, stderr=subprocess.PIPE, timeout=60,
            env={**os.environ, **command_line.environment("petya")})
    assert done.returncode == 1, done


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 7}', "\x00" * 100])
def test_a_damaged_sign_in_file_is_reported(command_line, tmp_path, content):
    command_line.login("petya")
    path = tmp_path / "petya" / "ringback" / "default.json"
    path.write_text(content)
    done = command_line("petya", "users")
    assert done.returncode in (1, 3) and str(path) in done.stderr and "login" in done.stderr, done


def test_an_interrupt_at_the_password_prompt_restores_the_terminal(command_line, server):
    master, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    login = subprocess.Popen(
        [binary(), "login", server.url, "petya"], stdin=terminal, stdout=terminal, stderr=terminal,
        env={**os.environ, **command_line.environment("petya")})
    eventually(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO, 10, "nothing that is typed is shown")
    login.send_signal(signal.SIGINT)
    assert login.wait(10) == -signal.SIGINT
    assert termios.tcgetattr(terminal) == before
    os.close(master)
    os.close(terminal)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_the_commands(shell):
    script = subprocess.run([binary(), "--generate-completion-script", shell], capture_output=True, text=True)
    assert script.returncode == 0
    for command in ("doctor", "listen", "watch", "history"):
        assert command in script.stdout
