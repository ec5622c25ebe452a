"""The proxies of deploy/, each with its configuration, in front of servers on this machine."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.server import ROOT
from harness.waiting import eventually


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Proxy:
    """`with Proxy("nginx", ports) as proxy: proxy.url`. With TLS, and the certificate in `proxy.certificate`."""

    def __init__(self, kind, ports):
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        # Readable for nginx's user, unlike the folders of pytest.
        self.folder = Path(tempfile.mkdtemp(prefix="ringback-proxy-"))
        self.folder.chmod(0o755)
        self.certificate = self.folder / "certificate.pem"
        servers = [f"127.0.0.1:{port}" for port in ports]
        self._shell(f"make_certificate {self.folder}/certificate")
        command = self._nginx(servers) if kind == "nginx" else self._haproxy(servers)
        self.log = open(self.folder / "log", "wb")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def _shell(self, command):
        script = f'source "{ROOT}/scripts/packages.sh"; source "{ROOT}/scripts/proxy.sh"; {command}'
        subprocess.run(["bash", "-euc", script], check=True, timeout=30)

    def _nginx(self, servers):
        self._shell(f"nginx_configuration {self.folder} 127.0.0.1:{self.port} {self.folder}/certificate {' '.join(servers)}")
        return [program("nginx"), "-e", "stderr", "-c", self.folder / "nginx.conf"]

    def _haproxy(self, servers):
        both = self.folder / "both.pem"
        both.write_text(self.certificate.read_text() + (self.folder / "certificate.key").read_text())
        text = (ROOT / "deploy" / "haproxy.cfg").read_text()
        for number, server in enumerate(servers, 1):
            text = text.replace(f"10.0.0.1{number}:8080", server)
        text = "\n".join(line for line in text.splitlines() if "10.0.0." not in line) + "\n"
        text = text.replace("bind :80\n", f"bind unix@{self.folder}/redirect\n")
        text = text.replace("bind :443 ssl crt /etc/haproxy/ringback.pem", f"bind 127.0.0.1:{self.port} ssl crt {both}")
        # The tests have fewer descriptors.
        text = text.replace("maxconn 20000", "maxconn 500")
        (self.folder / "haproxy.cfg").write_text(text)
        return [program("haproxy"), "-db", "-f", self.folder / "haproxy.cfg"]

    def __enter__(self):
        eventually(self._listens, 10, "the proxy listens")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self.log.close()
        shutil.rmtree(self.folder)

    def _listens(self):
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False


def program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    assert path, f"{name} is missing: install Debian's package, or let scripts/test do it"
    return path
