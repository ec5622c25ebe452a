"""A few figures of a running server, for docs/benchmarks.md: one process of load on loopback, bounded in count and time.

    scripts/figures [path of the ringback binary]
"""

import asyncio
import base64
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BINARY = sys.argv[1] if len(sys.argv) > 1 else ".build/release/ringback"
PAIRS, RATE, SECONDS = 20, 1000, 10
SOCKETS, POLLS = 10_000, 5_000


class Server:
    def __init__(self, database):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", "0", "--database", database, "--password-cost", "10",
             "--device-connections", "100000"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        self.start_time = time.perf_counter() - self.started

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Connection:
    """Keep-alive HTTP/1.1, one request at a time."""

    @classmethod
    async def open(cls, port, token=None):
        self = cls()
        self.token = token
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    def send(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n"
        if data:
            head += "content-type: application/json\r\n"
        if self.token:
            head += f"authorization: Bearer {self.token}\r\n"
        self.writer.write(head.encode() + b"\r\n" + data)

    async def receive(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        return int(head[9:12]), json.loads(body) if body else None

    async def ask(self, method, path, body=None, expect=None):
        self.send(method, path, body)
        status, answer = await self.receive()
        assert status < 300, (method, path, status, answer)
        return answer


async def signed_in(port, name):
    connection = await Connection.open(port)
    await connection.ask("POST", "/v1/users", {"userId": name, "password": "correct horse"})
    session = await connection.ask("POST", "/v1/sessions", {"userId": name, "password": "correct horse"})
    connection.token = session["token"]
    return connection


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


async def delivery(port):
    """Durable POST of a candidate to a parked long-poll: from sending it to having it at the other end."""
    delays, acknowledgements = [], []

    async def pair(index):
        vasya, petya = await signed_in(port, f"vasya{index}"), await signed_in(port, f"petya{index}")
        cursor = (await petya.ask("GET", "/v1/events"))["cursor"]
        call = (await vasya.ask("POST", "/v1/calls", {"callee": f"petya{index}"}))["callId"]
        await petya.ask("POST", f"/v1/calls/{call}/accept")
        await vasya.ask("POST", f"/v1/calls/{call}/offer", {"description": {"type": "offer", "sdp": "v=0\r\n"}})
        await petya.ask("POST", f"/v1/calls/{call}/answer", {"description": {"type": "answer", "sdp": "v=0\r\n"}})
        await vasya.ask("POST", f"/v1/calls/{call}/connected")
        count = RATE * SECONDS // PAIRS

        async def receive():
            nonlocal cursor
            seen = 0
            while seen < count:
                page = await petya.ask("GET", f"/v1/events?cursor={cursor}&waitSeconds=25")
                now = time.perf_counter()
                cursor = page["cursor"]
                for event in page["events"]:
                    if event["type"] == "call.candidates":
                        seen += 1
                        delays.append(now - float(event["data"]["candidates"][0]["candidate"]))

        async def post():
            begin = time.perf_counter() + index / RATE
            for number in range(count):
                await asyncio.sleep(max(0, begin + number * PAIRS / RATE - time.perf_counter()))
                sent = time.perf_counter()
                candidate = {"candidate": repr(sent), "sdpMid": "0"}
                await vasya.ask("POST", f"/v1/calls/{call}/candidates", {"candidates": [candidate]})
                acknowledgements.append(time.perf_counter() - sent)

        return receive, post

    pairs = [await pair(index) for index in range(PAIRS)]
    began = time.perf_counter()
    await asyncio.gather(*(task() for pair in pairs for task in pair))
    rate = len(delays) / (time.perf_counter() - began)
    for name, values in [("delivered", delays), ("acknowledged", acknowledgements)]:
        print(f"candidate {name}: p50 {quantile(values, .5) * 1e3:.2f} ms, p99 {quantile(values, .99) * 1e3:.2f} ms"
              f" ({len(values)} at {rate:.0f}/s)")


async def in_batches(count, work, width=200):
    done = []
    for begin in range(0, count, width):
        done += await asyncio.gather(*(work(n) for n in range(begin, min(begin + width, count))))
    return done


async def idle_sockets(server, tokens):
    async def open_socket(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write((
            f"GET /v1/socket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
            f"authorization: Bearer {tokens[number % len(tokens)]}\r\n\r\n").encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        await reader.readexactly(2)
        return writer

    before, began = server.rss(), time.perf_counter()
    writers = await in_batches(SOCKETS, open_socket)
    took = time.perf_counter() - began
    await asyncio.sleep(2)
    print(f"idle WebSocket, signed in: {(server.rss() - before) / SOCKETS / 1024:.1f} KiB each"
          f" ({SOCKETS} open, {SOCKETS / took:.0f} connects/s)")
    for writer in writers:
        writer.close()


async def parked_polls(server, tokens):
    async def park(number):
        connection = await Connection.open(server.port, tokens[number % len(tokens)])
        cursor = (await connection.ask("GET", "/v1/events"))["cursor"]
        connection.send("GET", f"/v1/events?cursor={cursor}&waitSeconds=60")
        return connection

    before = server.rss()
    connections = await in_batches(POLLS, park)
    await asyncio.sleep(2)
    print(f"parked long-poll: {(server.rss() - before) / POLLS / 1024:.1f} KiB each ({POLLS} parked)")
    for connection in connections:
        connection.writer.close()


async def tokens(port):
    return [(await signed_in(port, f"idle{number}")).token for number in range(50)]


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    print(f"{os.cpu_count()} cores, {BINARY}")
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for number in range(5):
            server = Server(f"{folder}/start{number}.sqlite")
            times.append(server.start_time)
            server.stop()
        print(f"start to ready, new database: {statistics.median(times) * 1e3:.0f} ms")
        # Each figure gets a server of its own: memory that was freed is not given back to the system.
        for measure in [delivery, idle_sockets, parked_polls]:
            server = Server(f"{folder}/{measure.__name__}.sqlite")
            try:
                if measure is delivery:
                    asyncio.run(measure(server.port))
                else:
                    async def measured():
                        await measure(server, await tokens(server.port))
                    asyncio.run(measured())
            finally:
                server.stop()


main()
