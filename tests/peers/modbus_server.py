"""A Modbus server by pymodbus, with the registers that the command line names as JSON:

    modbus_server.py '{"1": {"holding": {"0x4010": [0, 16000]}, "coil": {"0": [1, 0, 1]}}}' [WAY]
    modbus_server.py -      takes lines [UNITS] or [UNITS, WAY] from stdin, and serves all of them until stdin ends

WAY is rtu:PATH or ascii:PATH of a serial port; without it, it listens on a free TCP port. It prints {"port": N}, N being null on a
serial port, when it is ready, and ends when its stdin does.
"""

import asyncio
import json
import sys

from peer import device, listen, listen_on_line, number


async def serve(units, way=None):
    devices = [device(number(unit), tables) for unit, tables in units.items()]
    port = await listen_on_line(devices, way) if way else await listen(devices)
    print(json.dumps({"port": port}), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    if sys.argv[1:] == ["-"]:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await serve(*json.loads(line))
        return
    await serve(json.loads(sys.argv[1]), *sys.argv[2:])
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
