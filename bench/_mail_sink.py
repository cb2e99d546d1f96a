"""A real SMTP server in a process of its own that counts what it is handed: `python -m bench._mail_sink`.

Prints its port; on a line `told` on its standard input it prints {recipient: [instants of arrival]} as JSON, by the
clock that all processes of a machine share (CLOCK_MONOTONIC).
"""

import asyncio
import json
import sys
import time

END = b"\r\n.\r\n"
arrived: dict[str, list[float]] = {}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, until it quits."""
    writer.write(b"220 sink ready\r\n")
    to: list[str] = []
    try:
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n")
            elif word == b"RCPT":
                to.append(line.decode().partition("<")[2].partition(">")[0])
                writer.write(b"250 ok\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(END)
                for one in to:
                    arrived.setdefault(one, []).append(time.monotonic())
                to = []
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                break
            else:
                to = [] if word in (b"RSET", b"MAIL") else to
                writer.write(b"250 ok\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def main() -> None:
    """Until standard input ends."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "told":
            print(json.dumps(arrived), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
