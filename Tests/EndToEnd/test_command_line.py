"""Errors of `ringback`: each message names the error and its remedy."""

import contextlib
import json
import os
import re
import socket
import subprocess
import time

import pytest
import requests

from harness.api import Device
from harness.command_line import PASSWORD, command_line
from harness.server import binary, environment


@pytest.fixture
def run(tmp_path):
    """Runs a command that ends by itself, in a separate folder."""

    def run(*arguments, stdin="", **variables):
        return subprocess.run(
            [binary(), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=30, cwd=tmp_path,
            env={**environment(), "XDG_CONFIG_HOME": str(tmp_path), **variables})

    return run


@contextlib.contextmanager
def serving(tmp_path, *arguments):
    """Starts a server with only these options; returns it and its first lines of output."""
    process = subprocess.Popen(
        [binary(), "serve", *map(str, arguments)], stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment())
    try:
        lines = [process.stderr.readline().strip() for _ in range(3)]
        yield lines, process
    finally:
        process.terminate()
        process.wait(15)
        process.stderr.close()


def refused(done, *words, code=None):
    """Checks that the command failed with a message without internals."""
    assert done.returncode == code if code else done.returncode != 0, done
    said = " ".join(done.stderr.split())
    for word in words:
        assert word in said, done.stderr
    for jargon in ("errno", "bind(", "NSCocoa", "Error Domain", "SQLite error", "UPDATE", "Swift.", "IOError"):
        assert jargon not in said, done.stderr
    return said


# Listening


def test_a_port_in_use_is_reported(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(run("serve", "--port", port), f"Port {port} of 127.0.0.1 is in use", "--port", code=1)


def test_a_privileged_port_is_reported(tmp_path):
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as first:
        assert int(first.read()) > 80, "every user may listen on port 80 here"
    # Without this capability, root has no more permissions than other users.
    lesser = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
    done = subprocess.run(
        [*(lesser if os.geteuid() == 0 else []), binary(), "serve", "--port", "80"], capture_output=True, text=True,
        timeout=30, cwd=tmp_path, env=environment())
    refused(done, "may not listen on 127.0.0.1:80", "CAP_NET_BIND_SERVICE", "--port", code=1)


def test_an_address_of_another_machine_is_reported(run):
    refused(run("serve", "--hostname", "192.0.2.1"), "192.0.2.1 is not an address of this machine", "--hostname", code=1)
    refused(run("serve", "--hostname", "no.such.name.invalid"), "no.such.name.invalid has no address", code=1)


def test_an_ipv6_address_may_be_in_brackets(tmp_path):
    for hostname in ("[::1]", "::1"):
        with serving(tmp_path, "--hostname", hostname, "--port", "0") as (lines, _):
            url = re.fullmatch(r"listening on (http://\[::1\]:\d+)", lines[0]).group(1)
            assert requests.get(f"{url}/healthz", timeout=5).status_code == 200


def test_localhost_is_both_loopback_addresses(tmp_path):
    with serving(tmp_path, "--hostname", "localhost", "--port", "0") as (lines, _):
        port = re.fullmatch(r"listening on http://localhost:(\d+)", lines[0]).group(1)
        for host in ("127.0.0.1", "[::1]"):
            assert requests.get(f"http://{host}:{port}/healthz", timeout=5).status_code == 200


def test_the_server_prints_the_addresses_of_the_demo_and_the_documentation(tmp_path):
    for hostname, host in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "localhost"), ("::", "localhost")):
        with serving(tmp_path, "--hostname", hostname, "--port", "0") as (lines, _):
            port = lines[0].rsplit(":", 1)[1]
            assert lines[1:3] == [f"demo: http://{host}:{port}/", f"documentation: http://{host}:{port}/docs"]
            for line in lines[1:3]:
                page = requests.get(line.split(": ")[1].replace("localhost", "127.0.0.1"), timeout=5)
                assert page.headers["content-type"].startswith("text/html")


# The configuration file


@pytest.fixture
def configured(run, tmp_path):
    def configured(text):
        path = tmp_path / "ringback.json"
        path.write_text(text)
        return run("serve", "--config", path)

    return configured


def test_an_unknown_key_is_rejected(configured):
    refused(configured('{"prot": 9000}'), '"prot", which is not an option', 'Did you mean "port"?')
    refused(configured('{"turn_urls": []}'), 'Did you mean "turn-urls"?')
    refused(configured('{"log-level": "notice", "colour": "red"}'), '"colour"', "serve --help")


def test_a_file_without_a_json_object_is_rejected(configured):
    refused(configured('{"port": 9000'), "is not JSON", "line 1, column 14")
    refused(configured("[9000]"), "must be a JSON object", '{"port": 9000}')
    refused(configured(""), "ringback.json")


def test_a_value_of_the_wrong_type_is_rejected(configured):
    refused(configured('{"port": "many"}'), '"port" that is not an integer')
    refused(configured('{"turn-urls": "turn:a"}'), '"turn-urls" that is not a list of strings')
    refused(configured('{"hostname": null}'), '"hostname" that is not a string')
    refused(configured('{"port": 70000}'), "port must be from 0 to 65535, not 70000")


def test_a_missing_file_is_reported(run, tmp_path):
    refused(run("serve", "--config", "missing.json"), "The configuration file missing.json does not exist")
    refused(run("serve", "--config", tmp_path), "is a folder")
    refused(run("serve", RINGBACK_CONFIG="missing.json"), "missing.json does not exist")


def test_every_option_is_a_key_and_the_file_has_the_lowest_precedence(configured, run, tmp_path):
    options = set(re.findall(r"--([a-z-]+) <", run("serve", "--help").stdout)) - {"config"}
    assert len(options) > 15
    for option in options:
        refused(configured(json.dumps({option: {}})), f'"{option}" that is not')

    path = tmp_path / "ringback.json"
    path.write_text(json.dumps({"log-level": "loud", "port": 1, "database": "file.sqlite"}))
    refused(run("serve", "--config", path), "'loud'")
    refused(run("serve", "--config", path, RINGBACK_LOG_LEVEL="soft"), "'soft'")
    refused(run("serve", "--config", path, "--log-level", "mute", RINGBACK_LOG_LEVEL="soft"), "'mute'")
    assert run("migrate", "--config", path).stdout.startswith("file.sqlite")


def test_a_misspelled_environment_variable_is_reported(run):
    answer = run("serve", "--database", "missing/file.sqlite", RINGBACK_ALLOWED_ORIGIN="https://chat.example.org", RINGBACK_CONFIGURE="x")
    refused(answer, "of the database does not exist", code=1)
    assert "RINGBACK_ALLOWED_ORIGIN has no effect; did you mean RINGBACK_ALLOWED_ORIGINS?" in answer.stderr
    assert "RINGBACK_DATABASE" not in answer.stderr


# The database


def test_restored_needs_a_database(run, tmp_path):
    refused(run("restored", "--database", "missing.sqlite"), "The database missing.sqlite does not exist", "--database", code=1)
    assert not list(tmp_path.glob("missing*"))
    (tmp_path / "other.sqlite").write_bytes(b"This is no database. " * 100)
    refused(run("restored", "--database", "other.sqlite"), "The database other.sqlite can't be used", code=1)
    assert run("migrate", "--database", "good.sqlite").returncode == 0
    assert "new epoch" in run("restored", "--database", "good.sqlite").stdout


def test_restored_refuses_a_copy_beside_the_log_of_another_database(run, tmp_path):
    """SQLite would apply the log to the copy, and damage it."""
    assert run("migrate", "--database", "good.sqlite").returncode == 0
    copy = (tmp_path / "good.sqlite").read_bytes()
    (tmp_path / "good.sqlite-wal").write_bytes(b"of another database")
    refused(run("restored", "--database", "good.sqlite"), "good.sqlite-wal exists", "move it", code=1)
    assert (tmp_path / "good.sqlite").read_bytes() == copy
    (tmp_path / "good.sqlite-wal").unlink()
    assert "new epoch" in run("restored", "--database", "good.sqlite").stdout


@pytest.mark.parametrize("command", ["serve", "migrate", "restored"])
def test_a_missing_folder_is_reported(run, tmp_path, command):
    said = refused(run(command, "--database", "no/such/x.sqlite"), "The folder", "no/such", "does not exist", code=1)
    assert ".lock" not in said
    refused(run(command, "--database", tmp_path), "is a folder", code=1)


# Options


def test_an_unknown_log_level_lists_the_valid_ones(run):
    refused(run("serve", "--log-level", "loud"), "trace, debug, info, notice, warning, error, critical", "not 'loud'")


@pytest.mark.parametrize("option, url, words", [
    ("--turn-urls", "turn.example.org:3478", "Write turn:turn.example.org:3478"),
    ("--turn-urls", "turn.example.org", "Write turn:turn.example.org"),
    ("--turn-urls", "stun:turn.example.org", "use --stun-urls"),
    ("--turn-urls", "turn:turn.example.org?transport=quic", "?transport=udp"),
    ("--turn-urls", "https://turn.example.org", "Write turn:HOST[:PORT]"),
    ("--stun-urls", "stun.example.org:3478", "Write stun:stun.example.org:3478"),
    ("--stun-urls", "turn:stun.example.org", "use --turn-urls"),
    ("--stun-urls", "stun:stun.example.org:port", "Write stun:HOST[:PORT]"),
])
def test_ice_servers_are_urls(run, option, url, words):
    refused(run("serve", option, url, "--turn-secret", "north"), option[2:], f"'{url}'", words)


@pytest.mark.parametrize("origin, corrected", [
    ("http://localhost:8000/", "http://localhost:8000"),
    ("example.org", "https://example.org"),
    ("localhost:8000", "http://localhost:8000"),
    ("https://Example.org", "https://example.org"),
    ("https://example.org:443", "https://example.org"),
    ("http://example.org:80/page?x=1", "http://example.org"),
    ("HTTPS://example.org", "https://example.org"),
    ("https://*.example.org", None),
    ("ftp://example.org", None),
    ("null", "https://null"),
    ("https://", None),
])
def test_an_origin_is_scheme_host_and_port(run, origin, corrected):
    advice = f"Write {corrected}" if corrected else "Write scheme, host and port"
    refused(run("serve", "--allowed-origins", f"https://good.example.org,{origin}"), f"'{origin}'", advice)


def test_origins_are_accepted_as_browsers_send_them(tmp_path):
    origins = "https://example.org,http://localhost:8000,https://example.org:8443,http://[::1]:3000"
    with serving(tmp_path, "--port", "0", "--allowed-origins", origins) as (lines, _):
        url = lines[0].removeprefix("listening on ")
        for origin in origins.split(","):
            answer = requests.get(f"{url}/healthz", headers={"Origin": origin}, timeout=5)
            assert answer.headers["access-control-allow-origin"] == origin


# The client


def test_login_reports_the_wrong_argument(run, server):
    port = server.port
    refused(run("login", f"127.0.0.1:{port}", "vasya"), f"Write http://127.0.0.1:{port}", code=1)
    refused(run("login", "ftp://127.0.0.1", "vasya"), "begins with https:// or http://", code=1)
    refused(run("login", f"{server.url}/?a=b", "vasya"), "Write https://HOST[:PORT][/PATH]", code=1)
    refused(run("login", "vasya", server.url), f"ringback login {server.url} vasya", code=1)
    said = refused(run("login", server.url, "vasya pupkin"), "'vasya pupkin' is not a user identifier", code=1)
    assert "URL" not in said
    refused(run("login", server.url, "vasya", "--profile", "a/b"), "The name of a profile", code=1)
    refused(
        run("login", server.url, "vasya", "--certificate-authorities", "no.pem"), "no.pem can't be read", code=1)
    refused(run("login", server.url, "vasya"), "no password", code=1)


def test_login_reports_rejections_of_the_server(run, server, command_line):
    command_line.login("vasya")
    wrong = run("login", server.url, "vasya", stdin="wrong horse battery\n")
    refused(wrong, "The password is wrong, or the user vasya does not exist", "--register", code=3)
    taken = run("login", server.url, "vasya", "--register", stdin=f"{PASSWORD}\n")
    refused(taken, "The identifier vasya is taken", "--register", code=1)
    short = run("login", server.url, "petya", "--register", stdin="short\n")
    refused(short, "The account can't be created", "password must have 8 to 200 characters", code=1)


def test_login_reports_that_no_server_responds(run, server):
    refused(run("login", "http://127.0.0.1:9", "vasya"), "can't be reached", "Check that the server is running", code=1)
    started = time.monotonic()
    refused(run("login", f"https://127.0.0.1:{server.port}", "vasya"), f"Write {server.url}", code=1)
    assert time.monotonic() - started < 12


def test_the_doctor_finds_that_there_is_no_tls(run, server):
    started = time.monotonic()
    done = run("doctor", f"https://127.0.0.1:{server.port}")
    assert time.monotonic() - started < 12
    assert done.returncode == 4, done
    assert "FAIL server: it has no TLS on this port" in done.stdout and server.url in done.stdout
    assert "certificate" not in done.stdout
    # It prints what it waits for.
    assert done.stderr.startswith("…    server: asking https://127.0.0.1")


def test_an_empty_list_prints_a_message(command_line):
    command_line.login("vasya")
    empty = command_line("vasya", "history")
    assert (empty.returncode, empty.stdout) == (0, "") and "No calls yet" in empty.stderr
    assert "No calls with petya" in command_line("vasya", "history", "--with", "petya").stderr
    assert "No users whose name begins with zz" in command_line("vasya", "users", "zz").stderr


# The password


def test_a_new_password_signs_out_the_other_devices(command_line, server):
    command_line.login("petya")
    other = Device(server, "petya", PASSWORD)
    wrong = command_line("petya", "password", stdin="not it at all\ncorrect horse\n")
    assert wrong.returncode == 1 and "The old password is wrong" in wrong.stderr, wrong
    other.get("/v1/users/me")
    short = command_line("petya", "password", stdin=f"{PASSWORD}\nshort\n")
    assert short.returncode == 1 and "8 to 200 characters" in short.stderr, short
    done = command_line("petya", "password", stdin=f"{PASSWORD}\ncorrect horse\n")
    assert done.returncode == 0 and "Other devices signed out: 1" in done.stdout, done
    other.get("/v1/users/me", expect=401)
    assert command_line("petya", "users").returncode == 0
    Device(server, "petya", "correct horse")
