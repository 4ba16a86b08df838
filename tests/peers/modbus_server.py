"""A Modbus TCP server by pymodbus, with the registers that the command line names as JSON:

    modbus_server.py '{"1": {"holding": {"0x4010": [0, 16000]}, "coil": {"0": [1, 0, 1]}}}'

It prints {"port": N} when it is ready, and ends when its stdin does.
"""

import asyncio
import json
import sys

from peer import device, listen, number


async def main():
    units = json.loads(sys.argv[1])
    port = await listen([device(number(unit), tables) for unit, tables in units.items()])
    print(json.dumps({"port": port}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
