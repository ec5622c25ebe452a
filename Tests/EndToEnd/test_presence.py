"""Who is there, as those who watch are told."""

from harness.api import register
from harness.raw import Connection, request_head
from harness.waiting import eventually


def stream(server, device):
    """Opens the device's event stream, and makes the device online by it."""
    connection = Connection(server)
    connection.send(request_head("GET", "/v1/events/stream", f"Authorization: Bearer {device.token}"))
    status, _ = connection.head()
    assert status == 200
    return connection


class Watcher:
    """What somebody who watches Petya believes, from the list and the events alone."""

    def __init__(self, server):
        self.device = register(server, "vasya")
        self.device.snapshot()
        self.believes = None

    def watch(self):
        items = self.device.put("/v1/users/me/watching", {"userIds": ["petya"]})["items"]
        self.believes = items[0]["status"]

    def listen(self):
        for event in self.device.events(wait_seconds=1):
            if event["type"] == "presence":
                self.believes = event["data"]["status"]
        return self.believes


def test_a_watcher_learns_that_somebody_comes_and_goes(server):
    petya, watcher = register(server, "petya"), Watcher(server)
    watcher.watch()
    assert watcher.believes == "offline"
    with stream(server, petya):
        eventually(lambda: watcher.listen() == "online", 10, "Petya has come")
    eventually(lambda: watcher.listen() == "offline", 10, "Petya has gone")


def test_who_begins_to_watch_while_somebodys_page_reloads_is_not_left_with_offline(server):
    """The list said offline, for the moment between two streams; no event corrected it, for none had announced it."""
    petya, watcher = register(server, "petya"), Watcher(server)
    stream(server, petya).socket.close()
    for _ in range(20):
        watcher.watch()
    with stream(server, petya):
        eventually(lambda: watcher.listen() == "online", 10, "the watcher knows that Petya is there")
