"""nginx in front of a server, configured as in docs/operations.md, with the server under a path prefix."""

import os
import shutil
import socket
import subprocess

from harness.waiting import eventually

CONFIGURATION = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    server {{
        listen 127.0.0.1:{port};
        location {location} {{
            proxy_pass http://127.0.0.1:{target};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_buffering off;
            {more}
        }}
    }}
}}
"""


class Nginx:
    """`with Nginx(server, directory, location="/ringback/") as proxy: proxy.url`, which ends without a slash."""

    def __init__(self, server, directory, location="/", path="", more=""):
        binary = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        assert binary, "nginx is missing: run `apt-get install nginx-light`, or let scripts/test do it"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{location.rstrip('/')}"
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            directory=directory, port=self.port, target=f"{server.port}{path}", location=location, more=more))
        user = ["-g", "user root;"] if os.getuid() == 0 else []
        self._process = subprocess.Popen([binary, "-p", directory, "-c", configuration, *user], stdin=subprocess.DEVNULL)

    def __enter__(self):
        eventually(self._listens, 10, "nginx listens")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)

    def _listens(self):
        assert self._process.poll() is None, "nginx ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False
