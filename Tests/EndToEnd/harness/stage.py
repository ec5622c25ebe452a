"""Checks after every bad request: the server works, a call continues, nothing leaks."""

from harness.api import TalkingPair, register
from harness.waiting import eventually


class Stage:
    """A server, another user for bad requests, and a call in progress that must not be affected."""

    def __init__(self, server):
        self.server = server
        self.stranger = register(server, "stranger")
        self.pair = TalkingPair(server)
        self.call = f"/v1/calls/{self.pair.call_id}"
        self.pair.pass_a_candidate()
        assert server.is_healthy()
        self.own_files = server.own_files()

    def is_unharmed(self):
        assert self.server.is_running(), "the server is gone"
        assert self.server.is_healthy()
        self.pair.pass_a_candidate()
        assert self.pair.state() == "active"
        self.nothing_leaks()

    def nothing_leaks(self):
        eventually(
            lambda: len(self.server.own_files()) <= len(self.own_files), 10,
            f"file descriptors are back at {len(self.own_files)}")
