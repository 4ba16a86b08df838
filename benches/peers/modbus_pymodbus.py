"""A pymodbus client that is measured: MODE KIND SECONDS as arguments, the devices' ports on stdin, one line of JSON as outcome.

MODE: sequential-sync, sequential-async (the first port) or concurrent (a task of asyncio for each port). KIND: read10, write10. Its times
are taken as benches/modbus/client.rs takes them.
"""

import asyncio
import json
import os
import sys
import time

from pymodbus.client import AsyncModbusTcpClient, ModbusTcpClient

WARM_UP = 0.2


def asker(client, kind):
    """Returns what makes one request."""
    if kind.startswith("write"):
        words = [0x1234] * int(kind[5:])
        return lambda: client.write_registers(0, words, device_id=1)
    count = int(kind[4:])
    return lambda: client.read_holding_registers(0, count=count, device_id=1)


def checked(answer, kind):
    if answer.isError() or (kind.startswith("read") and len(answer.registers) != int(kind[4:])):
        raise SystemExit(f"not answered: {answer}")


def tell(transactions, begun, cpu):
    seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
    print(json.dumps({"transactions": transactions, "seconds": seconds, "cpuSeconds": cpu}))


def sequential(port, kind, seconds):
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=10)
    if not client.connect():
        raise SystemExit("not connected")
    ask = asker(client, kind)
    begun = time.monotonic()
    while time.monotonic() - begun < WARM_UP:
        checked(ask(), kind)
    begun, cpu, transactions = time.monotonic(), time.process_time(), 0
    while time.monotonic() - begun < seconds:
        checked(ask(), kind)
        transactions += 1
    tell(transactions, begun, cpu)
    client.close()


async def connected(port):
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=10)
    if not await client.connect():
        raise SystemExit("not connected")
    return client


async def sequential_async(port, kind, seconds):
    client = await connected(port)
    ask = asker(client, kind)
    begun = time.monotonic()
    while time.monotonic() - begun < WARM_UP:
        checked(await ask(), kind)
    begun, cpu, transactions = time.monotonic(), time.process_time(), 0
    while time.monotonic() - begun < seconds:
        checked(await ask(), kind)
        transactions += 1
    tell(transactions, begun, cpu)
    client.close()


async def concurrent(ports, kind, seconds):
    transactions = 0

    async def poll(client):
        nonlocal transactions
        ask = asker(client, kind)
        while True:
            checked(await ask(), kind)
            transactions += 1

    clients = [await connected(port) for port in ports]
    tasks = [asyncio.create_task(poll(client)) for client in clients]
    await asyncio.sleep(WARM_UP)
    begun, cpu, before = time.monotonic(), time.process_time(), transactions
    done, _ = await asyncio.wait(tasks, timeout=seconds)
    for task in done:
        task.result()
    tell(transactions - before, begun, cpu)
    # the tasks can't be ended in an orderly way: a cancelled request goes on as if it had failed
    sys.stdout.flush()
    os._exit(0)


def main():
    mode, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    ports = [int(port) for port in sys.stdin.read().split()]
    if mode == "sequential-sync":
        sequential(ports[0], kind, seconds)
    elif mode == "sequential-async":
        asyncio.run(sequential_async(ports[0], kind, seconds))
    else:
        asyncio.run(concurrent(ports, kind, seconds))


main()
