"""The operator's resources on a port of their own, and servers without demo or API reference."""

import re
import socket
import subprocess

import pytest
import requests

from harness.server import binary, environment
from harness.waiting import eventually


@pytest.fixture
def managed(start_server):
    server = start_server("--management-port", "0", "--max-connections", "3")
    server.management = re.search(r"management: (http://127\.0\.0\.1:\d+)\n", server.log.read_text()).group(1)
    return server


def status(url):
    return requests.get(url, timeout=10).status_code


def test_the_operators_resources_are_on_the_management_port_alone(managed):
    for path in ("/metrics", "/readyz"):
        assert status(managed.management + path) == 200
        answer = requests.get(managed.url + path, timeout=10)
        assert answer.status_code == 404 and answer.json()["code"] == "not_found"
    for url in (managed.url, managed.management):
        assert requests.get(url + "/healthz", timeout=10).json() == {"status": "ok"}
    for path in ("/", "/docs", "/v1/users", "/v1/socket", "/openapi.yaml", "/sdk/ringback.js"):
        assert status(managed.management + path) == 404


def test_the_doctor_knows_that_readiness_is_not_public(managed, tmp_path):
    done = subprocess.run(
        [binary(), "doctor", managed.url], capture_output=True, text=True, timeout=30, env={**environment(), "HOME": str(tmp_path)})
    assert done.returncode == 0 and "ok   server: it responds" in done.stdout, done


def test_the_management_port_answers_when_the_public_one_has_no_room(managed):
    held = []
    try:
        for _ in range(8):
            connection = socket.create_connection(("127.0.0.1", managed.port))
            connection.sendall(b"POST /v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
            held.append(connection)
        assert status(managed.management + "/readyz") == 200
    finally:
        for connection in held:
            connection.close()


def test_a_server_that_shuts_down_says_so_on_the_management_port(managed):
    with socket.create_connection(("127.0.0.1", managed.port)) as unfinished:
        unfinished.sendall(
            b"POST /v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        assert managed.is_healthy()
        managed.terminate()
        eventually(
            lambda: requests.get(managed.management + "/readyz", timeout=5).json()["status"] == "draining", 5, "it says so")
    assert managed.exit_code() == 0


def test_a_management_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [binary(), "serve", "--port", "0", "--management-port", str(port)], capture_output=True, text=True,
            timeout=30, cwd=tmp_path, env=environment())
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in done.stderr and "--management-port" in done.stderr


def test_without_a_management_port_everything_is_on_one(server):
    for path in ("/metrics", "/readyz", "/healthz", "/", "/docs"):
        assert status(server.url + path) == 200


@pytest.mark.parametrize("off, on", [("demo", "docs"), ("docs", "demo")])
def test_demo_and_reference_can_be_switched_off(start_server, off, on):
    server = start_server(f"--{off}", "off")
    paths = {"demo": ("/", "/assets/demo.js", "/assets/demo.css"), "docs": ("/docs", "/assets/docs.js")}
    for path in paths[off]:
        answer = requests.get(server.url + path, timeout=10)
        assert answer.status_code == 404 and answer.json()["code"] == "not_found"
    for path in (*paths[on], "/assets/icon.svg", "/sdk/ringback.js", "/openapi.json", "/healthz"):
        assert status(server.url + path) == 200
    text = server.log.read_text()
    assert ("demo: " in text) == (on == "demo") and ("documentation: " in text) == (on == "docs")


def test_on_and_off_are_the_only_words(tmp_path):
    done = subprocess.run(
        [binary(), "serve", "--demo", "no"], capture_output=True, text=True, timeout=30, cwd=tmp_path, env=environment())
    assert done.returncode == 64 and "demo must be on or off, not 'no'" in done.stderr
