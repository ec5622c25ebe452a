"""How a trusted proxy names the client, seen by a limit for each address."""

import json
import socket

import pytest

BODY = json.dumps({"userId": "nobody", "password": "not the password"}).encode()


def attempt(server, before=b"", *fields):
    """The status of a sign-in, behind `before`."""
    head = ["POST /v1/sessions HTTP/1.1", "Host: a", "Connection: close", "Content-Type: application/json",
            f"Content-Length: {len(BODY)}", *fields, "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(before + "\r\n".join(head).encode() + BODY)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return int(answer.split(b" ")[1]) if answer else None


def version1(address):
    return f"PROXY TCP4 {address} 198.51.100.1 56324 443\r\n".encode()


def version2(address):
    addresses = socket.inet_aton(address) + socket.inet_aton("198.51.100.1") + b"\x01\x02\x03\x04"
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(addresses).to_bytes(2, "big") + addresses


WAYS = {
    "x-forwarded-for": lambda address: (b"", f"X-Forwarded-For: {address}"),
    "forwarded": lambda address: (b"", f"Forwarded: for={address};proto=https"),
    "proxy-protocol": lambda address: (version1(address),),
    "proxy-protocol 2": lambda address: (version2(address),),
}


@pytest.mark.parametrize("way", WAYS)
def test_clients_are_told_apart_as_the_proxy_names_them(start_server, way):
    server = start_server("--client-address", way.split()[0], "--address-sign-ins", "2")
    one, other = WAYS[way]("192.0.2.1"), WAYS[way]("192.0.2.2")
    assert [attempt(server, *one) for _ in range(3)] == [401, 401, 429]
    assert attempt(server, *other) == 401


@pytest.mark.parametrize("way", ["x-forwarded-for", "forwarded"])
def test_a_field_that_the_proxy_does_not_set_is_not_believed(start_server, way):
    server = start_server("--client-address", way, "--address-sign-ins", "2")
    other = "forwarded" if way == "x-forwarded-for" else "x-forwarded-for"
    honest = WAYS[way]("192.0.2.1")
    statuses = [attempt(server, *honest, WAYS[other](f"192.0.2.{number + 9}")[1]) for number in range(3)]
    assert statuses == [401, 401, 429]


def test_without_its_header_a_proxy_is_not_served(start_server):
    server = start_server("--client-address", "proxy-protocol", "--address-sign-ins", "2")
    assert attempt(server) is None
    assert attempt(server, b"PROXY TCP4 nonsense\r\n") is None
    assert attempt(server, version1("192.0.2.1")) == 401
    split = version2("192.0.2.7")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for byte in split + b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_client_that_is_no_proxy_can_not_name_another(start_server):
    server = start_server("--trusted-proxies", "none", "--client-address", "forwarded", "--address-sign-ins", "2")
    statuses = [attempt(server, *WAYS["forwarded"](f"192.0.2.{number}")) for number in range(3)]
    assert statuses == [401, 401, 429]
