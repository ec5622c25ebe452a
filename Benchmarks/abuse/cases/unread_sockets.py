"""Sockets of one device that don't read, while its user gets events all the time."""

import time

import client

SOCKETS = 200
# Offers, each to all of the sockets.
LEAST = 20 * SOCKETS
SDP = "v=0\r\n" + "a=x\r\n" * 20_000
PREFIX = "unread"


def prepare(server):
    caller = client.sign_in(server.port, f"{PREFIX}-caller")
    callee = client.sign_in(server.port, f"{PREFIX}-callee")
    call = caller.must("POST", "/v1/calls", {"callee": f"{PREFIX}-callee"})["callId"]
    callee.must("POST", f"/v1/calls/{call}/accept", {})
    token = callee.token
    caller.close(), callee.close()
    return caller, callee, call, token


def attack(server, prepared):
    caller, callee, call, token = prepared
    held, offers = [], 0
    for _ in range(SOCKETS):
        try:
            held.append(client.open_socket(server.port, token, client.ATTACKER, receive_buffer=4096))
        except (OSError, RuntimeError, client.Closed):
            time.sleep(0.01)
    while True:
        status, answer = caller.ask(
            "POST", f"/v1/calls/{call}/offer", {"description": {"type": "offer", "sdp": SDP}})
        if status == 201:
            offers += 1
            callee.ask("POST", f"/v1/calls/{call}/answer", {
                "negotiation": answer["negotiation"], "description": {"type": "answer", "sdp": "v=0\r\n"}})
        else:
            time.sleep(0.1)
        yield len(held) * offers, f"{len(held)} sockets, {offers} offers of {len(SDP) >> 10} KiB to each"
