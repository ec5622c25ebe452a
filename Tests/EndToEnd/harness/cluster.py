"""Three servers on one PostgreSQL, behind a balancer that gives each request to the next of them."""

import json
import secrets
import shutil
from contextlib import contextmanager

from websockets.sync.client import connect

from harness.balancer import Balancer
from harness.server import Server
from harness.waiting import eventually

ADMIN = "the-administrators-token"


class Cluster:
    """The nodes and their balancer, with tables of their own in a database."""

    def __init__(self, folder, database, *, environments=({}, {}, {}), proxy=None, standby=None, binary=None):
        """By way of a proxy, or with a standby that may take over, if there is one; each node from a binary if it is given."""
        self.schema = f"t_{secrets.token_hex(6)}"
        self.database = database
        self.proxy = proxy
        url = (proxy or database).schema(self.schema)
        if standby is not None:
            url = url.replace(f"host={database.folder}", f"host={database.folder},{standby.folder}")
        self.nodes = [
            Server(
                folder / f"node-{n}", "--node-name", f"node-{n}", "--admin-token", ADMIN, database=url,
                environment={"RINGBACK_FAILPOINTS": str(folder / f"node-{n}")} | environment)
            for n, environment in enumerate(environments, 1)
        ]
        for node in self.nodes:
            node.binary = binary
            node.launch()
        for node in self.nodes:
            node.wait_until_it_listens()
        self.balancer = Balancer(node.port for node in self.nodes)
        self.url = self.balancer.url
        self.is_complete()

    def is_complete(self, seconds=15):
        """Waits until all nodes are in the database."""
        eventually(lambda: self.ask("SELECT count(*) FROM nodes") == [["3"]], seconds, "three nodes")

    @contextmanager
    def dying_behind_a_commit(self, node):
        """Within, the node's process ends when it has committed something, before anybody is told."""
        failpoint = node.directory / "committed"
        failpoint.touch()
        yield
        eventually(lambda: not node.is_running(), 20, "the node has died behind a commit")
        failpoint.unlink()

    def ask(self, sql):
        return self.database.ask(f"SET search_path = {self.schema}; {sql}")[1:]

    def stop(self):
        """Stops the nodes like an init system, and checks that each exits cleanly."""
        self.balancer.close()
        running = [node for node in self.nodes if node.is_running()]
        for node in running:
            node.terminate()
        for node in running:
            code = node.exit_code()
            assert code == 0, f"after SIGTERM {node.directory.name} ended with {code}"
        for node in self.nodes:
            node.stop()

    def kill(self):
        """Ends what runs still."""
        self.balancer.close()
        for node in self.nodes:
            if node.is_running():
                node.kill9()

    def keep_logs(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for node in self.nodes:
            shutil.copy(node.log, folder / f"{node.directory.name}.log")


def at(node, device):
    """The same device, whose requests now go to this node."""
    other = type(device).__new__(type(device))
    other.__dict__.update(device.__dict__)
    other.server = node
    return other


class Socket:
    """A WebSocket of a device at one node."""

    def __init__(self, connection):
        self.connection = connection
        self.welcome = self.receive()

    def receive(self, seconds=10):
        """The next event; a socket without requests is told nothing else."""
        return json.loads(self.connection.recv(timeout=seconds))["event"]

    def next_event(self, kind, where=lambda data: True, seconds=10):
        while True:
            message = self.receive(seconds)
            if message["type"] == kind and where(message["data"]):
                return message

    def closed(self, seconds):
        """The code with which the server closes it."""
        from websockets.exceptions import ConnectionClosed
        try:
            while True:
                self.connection.recv(timeout=seconds)
        except ConnectionClosed as closed:
            return closed.rcvd.code


@contextmanager
def socket_at(node, device=None, query=""):
    """Opens a WebSocket with the device's token, or with what is in the query."""
    fields = {"Authorization": f"Bearer {device.token}"} if device else {}
    address = f"ws://127.0.0.1:{node.port}/v1/socket{query}"
    with connect(address, additional_headers=fields, subprotocols=["ringback.v1"], close_timeout=2) as connection:
        yield Socket(connection)
