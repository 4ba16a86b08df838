"""What the pymodbus peers have in common: a device with four tables of its own, and a server on a free loopback port."""

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

TABLES = ("coil", "discrete", "holding", "input")
# pymodbus wants something in each table; these stand where no test looks
LAST = 0xFFF0


def number(text):
    """Reads a decimal or 0x register or unit number."""
    return int(text, 0) if isinstance(text, str) else text


def device(unit, tables, action=None):
    """Makes a device. tables: {"holding": {address: [words]}, "coil": {address: [bits]}}; all else is an illegal data address.

    action: as pymodbus calls it before each access.
    """
    blocks = []
    for table in TABLES:
        runs = sorted((number(address), words) for address, words in tables.get(table, {}).items())
        bits = table in ("coil", "discrete")
        kind = DataType.BITS if bits else DataType.REGISTERS
        block = [
            SimData(address, values=[bool(word) for word in words] if bits else list(words), datatype=kind)
            for address, words in runs
        ]
        if not block:
            block = [SimData(LAST, values=[False] * 8, datatype=kind) if bits else SimData(LAST)]
        blocks.append(block)
    return SimDevice(id=unit, simdata=tuple(blocks), action=action)


async def listen(devices, port=0):
    """Serves devices on loopback and returns the port."""
    server = ModbusTcpServer(devices, address=("127.0.0.1", port), ignore_missing_devices=True)
    await server.serve_forever(background=True)
    return server.transport.sockets[0].getsockname()[1]


async def listen_on_line(devices, way):
    """Serves devices on a serial port, given as rtu:PATH or ascii:PATH."""
    framer, path = way.split(":", 1)
    server = ModbusSerialServer(
        devices, framer=FramerType(framer), port=path, baudrate=19200, ignore_missing_devices=True
    )
    await server.serve_forever(background=True)
