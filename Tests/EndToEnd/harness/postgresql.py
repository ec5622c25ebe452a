"""A PostgreSQL of one's own in a folder, reached by a Unix socket in it: it can be stopped, killed, and asked."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise AssertionError("there is no initdb: install PostgreSQL 15 or later (Debian's postgresql)")
    return found[-1].parent


class PostgreSQL:
    """One instance. Its data is gone with it."""

    def __init__(self, *, folder=None, standby_of=None, **settings):
        """A new database, in a folder that is there or a new one; or a standby of another instance."""
        self.folder = Path(folder or tempfile.mkdtemp(prefix="ringback-pg-"))
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.settings = {"max_connections": 200, "shared_buffers": "64MB", **settings}
        if standby_of is None:
            self._run("initdb", "-D", self.data, "-U", "ringback", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        else:
            self._run(
                "pg_basebackup", "-h", standby_of.folder, "-U", "ringback", "-D", self.data, "-R", "-X", "stream", "-c",
                "fast")
            # The name by which the primary waits for it.
            with open(self.data / "postgresql.auto.conf", "a", encoding="utf-8") as file:
                file.write(f"primary_conninfo = 'host={standby_of.folder} user=ringback application_name=standby'\n")
        self.start()

    @property
    def data(self):
        return self.folder / "data"

    @property
    def url(self):
        return f"postgresql:///postgres?host={self.folder}&user=ringback"

    def schema(self, name):
        """A URL whose tables are apart from others'."""
        self.ask(f"CREATE SCHEMA IF NOT EXISTS {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"

    def start(self):
        options = f"-c listen_addresses= -k {self.folder} " + " ".join(f"-c {k}={v}" for k, v in self.settings.items())
        self._run("pg_ctl", "-D", self.data, "-l", self.data / "server.log", "-w", "-o", options, "start")

    def stop(self, mode="fast"):
        """`immediate` is a crash."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def promote(self):
        """Makes a standby the primary."""
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def is_running(self):
        return (self.data / "postmaster.pid").exists()

    def remove(self):
        if self.is_running():
            self.stop("immediate")
        # A folder that was given may be where something is mounted.
        shutil.rmtree(self.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, sql):
        """The rows of a statement, each as a list of texts."""
        done = subprocess.run(
            [programs() / "psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url],
            capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def cut_connections(self, of=""):
        """Ends the sessions whose name has this in it."""
        self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE application_name LIKE '%ringback%{of}%' AND pid <> pg_backend_pid()")

    def _run(self, program, *arguments):
        # PostgreSQL refuses to run as root.
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        command = [*(prefix if os.geteuid() == 0 else []), programs() / program, *arguments]
        done = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=60, cwd="/", check=False)
        assert done.returncode == 0, done.stdout
