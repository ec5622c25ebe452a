"""`ringback doctor`: its results for working and broken servers, proxies, clocks and ICE servers."""

import json
import re
import shutil
import socket
import ssl
import subprocess

import pytest

from harness.command_line import PASSWORD, command_line
from harness.interfering_proxy import InterferingProxy
from harness.waiting import eventually


def sign_in(command_line, url):
    done = command_line("petya", "login", url, "petya", "--register", stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def make_certificates(directory):
    """ca.pem, and cert.pem and key.pem for 127.0.0.1."""
    subprocess.run(
        ["sh", "-ec", """
            new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=Authority -days 2
            openssl req $new -keyout key.pem -out request.pem -subj /CN=Server
            echo subjectAltName=IP:127.0.0.1 >names
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -extfile names
         """], cwd=directory, check=True, capture_output=True)


def start_coturn(directory, port, *options):
    turnserver = shutil.which("turnserver")
    assert turnserver, "no coturn: `apt-get install coturn`, or let scripts/test do it"
    return subprocess.Popen(
        [turnserver, "-n", "--no-cli", "--use-auth-secret", "--static-auth-secret=north", "--realm=test",
         "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", f"--listening-port={port}",
         f"--log-file={directory}/turn.log", f"--pidfile={directory}/turn.pid", f"--userdb={directory}/turn.db",
         *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_the_doctor_reports_a_healthy_server(command_line, server):
    command_line.login("petya")
    done = command_line("petya", "doctor", server.url, "--poll-seconds", "1")
    assert done.returncode == 0, done
    for place in ("server", "clock", "sign-in", "websocket", "sse", "longpoll"):
        assert f"ok   {place}:" in done.stdout
    assert "warn ice:" in done.stdout


def test_the_doctor_reports_problems(command_line):
    done = command_line("petya", "doctor", "http://127.0.0.1:9")
    assert done.returncode == 4
    assert "FAIL server:" in done.stdout and "Check that the server is running" in done.stdout


def test_the_doctor_asks_turn_servers(start_server, command_line, tmp_path):
    """coturn with the secret of the server, and with another one."""
    port = free_port()
    coturn = start_coturn(tmp_path, port, "--no-tls", "--no-dtls")
    try:
        urls = ["--stun-urls", f"stun:127.0.0.1:{port}", "--turn-urls"]
        udp, tcp = f"turn:127.0.0.1:{port}?transport=udp", f"turn:127.0.0.1:{port}?transport=tcp"
        for secret, code in (("north", 0), ("south", 4)):
            server = start_server(*urls, f"{udp},{tcp}", "--turn-secret", secret)
            sign_in(command_line, server.url)

            def examined():
                done = command_line("petya", "doctor", server.url, "--poll-seconds", "0")
                return f"ok   stun:127.0.0.1:{port}: answers" in done.stdout and done

            done = eventually(examined, 20, "coturn answers")
            assert done.returncode == code, done
            words = "the credentials permit an allocation" if code == 0 else "the credentials were rejected"
            assert done.stdout.count(words) == 2, done.stdout
    finally:
        coturn.terminate()
        coturn.wait(10)


@pytest.fixture
def behind(server, command_line):
    """Signs in through a misbehaving proxy and runs the doctor: `behind(interfere=, change=)`."""
    proxies = []

    def examine(*options, **how):
        proxies.append(InterferingProxy(server.port, **how))
        url = proxies[-1].url
        sign_in(command_line, url)
        return command_line("petya", "doctor", url, *options)

    yield examine
    for proxy in proxies:
        proxy.stop()


def test_a_transparent_proxy_passes(behind):
    done = behind("--poll-seconds", "1")
    assert done.returncode == 0, done
    assert done.stdout.count("ok ") == 6, done.stdout


def test_behind_tls_every_command_trusts_the_authority_of_the_login(server, command_line, tmp_path):
    make_certificates(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    proxy = InterferingProxy(server.port, tls=tls)
    try:
        refused = command_line("petya", "login", proxy.url, "petya", "--register", stdin=f"{PASSWORD}\n")
        assert refused.returncode == 1 and "certificate" in refused.stderr, refused
        done = command_line(
            "petya", "login", proxy.url, "petya", "--register", "--certificate-authorities", tmp_path / "ca.pem",
            stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done
        assert command_line("petya", "users").returncode == 0
        done = command_line("petya", "doctor", proxy.url, "--poll-seconds", "1")
        assert done.returncode == 0, done
        for place in ("tls", "websocket", "sse", "longpoll"):
            assert f"ok   {place}:" in done.stdout, done.stdout
        done = command_line("vasya", "doctor", proxy.url)
        assert done.returncode == 4 and "from a trusted authority" in done.stdout, done
    finally:
        proxy.stop()


def test_a_proxy_that_buffers_the_stream_is_found(behind):
    def collect(path, head, client, server):
        if path != "/v1/events/stream":
            return False
        server.sendall(head)
        answer, _ = InterferingProxy.read_head(server)
        client.sendall(answer)
        # Forwards nothing before the end of the response. A stream does not end.
        while server.recv(65536) and client.fileno() >= 0:
            pass
        return True

    done = behind("--poll-seconds", "0", interfere=collect)
    assert done.returncode == 4, done
    assert "FAIL sse:" in done.stdout and "proxy_buffering off" in done.stdout
    assert done.stdout.count("FAIL") == 1, done.stdout


@pytest.mark.parametrize("how", ["cut", "504"])
def test_a_proxy_that_cuts_polls_is_found(behind, how):
    def cut(path, head, client, server):
        if path != "/v1/events" or b"waitSeconds=5" not in head:
            return False
        server.sendall(head)
        server.settimeout(1.5)
        with pytest.raises(TimeoutError):
            server.recv(1)
        if how == "504":
            page = b"<h1>504 Gateway Time-out</h1>"
            client.sendall(
                b"HTTP/1.1 504 X\r\nContent-Type: text/html\r\nConnection: close\r\n"
                + f"Content-Length: {len(page)}\r\n\r\n".encode() + page)
        return True

    done = behind("--poll-seconds", "5", interfere=cut)
    assert done.returncode == 4, done
    assert re.search(r"FAIL longpoll: a poll was cut off after 1 s", done.stdout), done.stdout
    assert "proxy_read_timeout" in done.stdout and done.stdout.count("FAIL") == 1


def test_a_proxy_without_websocket_support_is_found(behind):
    def drop(path, head, client, server):
        if path != "/v1/socket":
            return False
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Hello</h1>")
        return True

    done = behind("--poll-seconds", "0", interfere=drop)
    assert done.returncode == 4, done
    assert "FAIL websocket:" in done.stdout and "Upgrade and Connection" in done.stdout
    assert done.stdout.count("FAIL") == 1


def test_a_wrong_clock_is_found(behind):
    def change(answer):
        return re.sub(rb"(?im)^date: .*?\r$", b"Date: Sat, 01 Jan 2022 00:00:00 GMT\r", answer)

    done = behind("--poll-seconds", "0", change=change)
    assert done.returncode == 0, done
    assert re.search(r"warn clock: this machine's is \d+ s ahead of the server's", done.stdout), done.stdout
    assert "NTP" in done.stdout


def test_an_invalid_list_of_ice_servers_is_reported(behind):
    urls = ["turn:", "turn:[", "turn:[]:1", "turn:host:99999", "stun:127.0.0.1:9?transport=tcp\x1b[31m", "http://a", ""]
    servers = [{"urls": urls, "username": "u" * 70_000, "credential": "c"},
               {"urls": ["turn:127.0.0.1:9"], "username": "u" * 70_000, "credential": "c"},
               {"urls": ["turn:127.0.0.1:9"]}]

    def garble(path, head, client, server):
        if path != "/v1/ice-servers":
            return False
        body = json.dumps({"iceServers": servers, "ttlSeconds": 60}).encode()
        client.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return True

    done = behind("--poll-seconds", "0", interfere=garble)
    assert done.returncode == 4, done
    assert done.stdout.count("this is not a STUN or TURN URL") == 6, done.stdout
    assert done.stdout.count("username is too long") == 1 and done.stdout.count("no credentials") == 1, done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_silent_stun_server_is_found(start_server, command_line):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, socket.create_server(("127.0.0.1", 0)) as mute:
        silent.bind(("127.0.0.1", 0))
        urls = [f"stun:127.0.0.1:{silent.getsockname()[1]}", f"stun:127.0.0.1:{mute.getsockname()[1]}?transport=tcp",
                "stun:127.0.0.1:9?transport=tcp"]
        server = start_server("--stun-urls", ",".join(urls))
        sign_in(command_line, server.url)
        done = command_line("petya", "doctor", server.url, "--poll-seconds", "0")
    assert done.returncode == 4, done
    for url in urls[:2]:
        assert f"FAIL {url}: no response" in done.stdout, done.stdout
    assert f"FAIL {urls[2]}: no response from" in done.stdout, done.stdout


def test_the_doctor_asks_turn_servers_over_tls(start_server, command_line, tmp_path):
    """A certificate of a trusted authority, and of an untrusted one."""
    make_certificates(tmp_path)
    ports = [free_port(), free_port()]
    coturn = start_coturn(
        tmp_path, ports[0], "--tls-listening-port", str(ports[1]), "--cert", str(tmp_path / "cert.pem"), "--pkey",
        str(tmp_path / "key.pem"), "--no-dtls")
    try:
        stun, turn = f"stuns:127.0.0.1:{ports[1]}", f"turns:127.0.0.1:{ports[1]}?transport=tcp"
        # The port of the server itself does not use TLS.
        own = free_port()
        plain = f"turns:127.0.0.1:{own}?transport=tcp"
        server = start_server(
            "--stun-urls", stun, "--turn-urls", f"{turn},{plain}", "--turn-secret", "north", port=own)
        sign_in(command_line, server.url)

        def examined():
            done = command_line(
                "petya", "doctor", server.url, "--poll-seconds", "0", "--certificate-authorities", tmp_path / "ca.pem")
            return f"ok   {stun}: answers" in done.stdout and done

        done = eventually(examined, 20, "coturn answers over TLS")
        assert f"ok   {turn}: the credentials permit an allocation" in done.stdout, done.stdout
        assert done.returncode == 4 and f"FAIL {plain}:" in done.stdout and "must have TLS on this port" in done.stdout

        done = command_line("petya", "doctor", server.url, "--poll-seconds", "0")
        assert done.returncode == 4, done
        assert f"FAIL {turn}: SSL certificate problem" in done.stdout, done.stdout
        assert "from a trusted authority" in done.stdout
    finally:
        coturn.terminate()
        coturn.wait(10)
