"""A TCP proxy in front of a server, which can fail as networks and providers do."""
import asyncio
import random

CHUNK = 64 << 10


class Proxy:
    """Passes bytes on, until told otherwise.

    `fault` is one of: None; "refuse" (new connections are refused, old ones cut), "silent" (nothing passes, nothing is
    said), "mute" (what the client sends arrives, no answer comes back), "slow" (each chunk waits for up to `seconds`),
    and "busy" where the server speaks HTTP (most requests are answered 503 SlowDown, with Retry-After where `seconds`
    is set).
    """

    def __init__(self, name, target, speaks_http=False, seed=0):
        self.name, self.target, self.speaks_http = name, target, speaks_http
        self.fault, self.seconds = None, 0.0
        self.port = 0
        self.counts = {}
        self.random = random.Random(f"{name} {seed}")
        self.changed = asyncio.Event()
        self.writers = set()
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=CHUNK)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        self.cut()

    async def set(self, fault, seconds=0.0):
        before, self.fault, self.seconds = self.fault, fault, seconds
        self.changed.set()
        self.changed = asyncio.Event()
        if fault == "refuse":
            self.server.close()
            self.cut()
        elif before == "refuse":
            await self.start()
        elif before in ("silent", "mute"):
            # As after an outage: neither side knows what the other has seen.
            self.cut()

    def cut(self):
        for writer in list(self.writers):
            # A reset rather than an end: nothing that waits in buffers is delivered.
            writer.transport.abort()

    async def serve(self, client, to_client):
        self.writers.add(to_client)
        to_server = None
        try:
            await self.wait_while_silent()
            server, to_server = await self.connect()
            self.writers.add(to_server)
            requests = self.pass_requests if self.speaks_http else self.pass_on
            tasks = [asyncio.ensure_future(requests(client, to_server, to_client)),
                     asyncio.ensure_future(self.pass_on(server, to_client, None))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        except (OSError, EOFError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            for writer in filter(None, (to_client, to_server)):
                self.writers.discard(writer)
                writer.close()

    async def connect(self):
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection("127.0.0.1", self.target)

    async def wait_while_silent(self):
        while self.fault == "silent":
            await self.changed.wait()

    async def pass_on(self, reader, writer, answers):
        """`answers` is nil on the way back to the client."""
        while data := await reader.read(CHUNK):
            await self.wait_while_silent()
            if self.fault == "slow":
                await asyncio.sleep(self.random.random() * self.seconds)
            if self.fault == "mute" and answers is None:
                self.counts["answers lost"] = self.counts.get("answers lost", 0) + 1
                continue
            writer.write(data)
            await writer.drain()

    async def pass_requests(self, client, to_server, to_client):
        """Request by request. A client sends the next one when it has the answer: 503 may then be ours."""
        while True:
            head = await client.readuntil(b"\r\n\r\n")
            length, expects = 0, False
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                expects = expects or name.lower() == b"expect"
            await self.wait_while_silent()
            if self.fault == "slow":
                await asyncio.sleep(self.random.random() * self.seconds)
            if self.fault == "busy" and self.random.random() < 0.8:
                await self.answer_busy(to_client, is_head=head.startswith(b"HEAD "))
                if expects:
                    return
                await self.drop(client, length)
                continue
            to_server.write(head)
            while length > 0:
                data = await client.read(min(CHUNK, length))
                if not data:
                    return
                length -= len(data)
                await self.wait_while_silent()
                to_server.write(data)
                await to_server.drain()
            await to_server.drain()

    async def answer_busy(self, to_client, is_head):
        self.counts["answered 503"] = self.counts.get("answered 503", 0) + 1
        body = b"" if is_head else (
            b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>')
        wait = f"Retry-After: {round(self.seconds)}\r\n" if self.seconds else ""
        to_client.write(
            f"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\n{wait}"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await to_client.drain()

    async def drop(self, client, length):
        while length > 0:
            data = await client.read(min(CHUNK, length))
            if not data:
                raise EOFError
            length -= len(data)
