"""A load balancer without any affinity: each single request goes to the next node, whoever sends it."""

import asyncio
import itertools
import threading


class Balancer:
    """Passes HTTP/1.1 on, streams and upgrades too. Nodes that do not answer are passed over."""

    def __init__(self, ports):
        self._ports = list(ports)
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # Writers that were closed still have to tell their transports.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader, writer):
        try:
            while await self._pass_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _connect(self):
        for _ in self._ports:
            port = self._ports[next(self._turn) % len(self._ports)]
            try:
                return await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            except ConnectionError:
                continue
        raise ConnectionError("no node answers")

    async def _pass_request(self, reader, writer):
        """One request and its response. Whether the client's connection goes on."""
        head = await reader.readuntil(b"\r\n\r\n")
        fields = fields_of(head)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        node_reader, node_writer = await self._connect()
        try:
            node_writer.write(head + body)
            answer = await self._or_gone(node_reader.readuntil(b"\r\n\r\n"), reader)
            writer.write(answer)
            status, fields = int(answer.split(b" ", 2)[1]), fields_of(answer)
            if status == 101:
                await tunnel((reader, node_writer), (node_reader, writer))
                return False
            if head.startswith(b"HEAD ") or status in (204, 304):
                pass
            elif "content-length" in fields:
                writer.write(await node_reader.readexactly(int(fields["content-length"])))
            else:
                while chunk := await self._or_gone(node_reader.read(1 << 16), reader):
                    writer.write(chunk)
                    await writer.drain()
                    if chunk.endswith(b"0\r\n\r\n"):
                        break
            await writer.drain()
            return fields.get("connection", "").lower() != "close"
        finally:
            node_writer.close()

    async def _or_gone(self, answer, client):
        """What the node answers; the node hears of it when the client does not wait for it any more."""
        answer = asyncio.ensure_future(answer)
        while not answer.done():
            await asyncio.wait([answer], timeout=0.2)
            if client.at_eof():
                answer.cancel()
                raise ConnectionError("the client has gone")
        return answer.result()


def fields_of(head):
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}


async def tunnel(*directions):
    async def one(reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    await asyncio.gather(*(one(reader, writer) for reader, writer in directions))
