"""A pymodbus client that does what the command line says and prints what came back as one line of JSON:

    modbus_client.py WAY UNIT '[["read", "holding", 16400, 6], ["write", "holding", 16640, [0, 16000]], ["write", "coil", 3, true]]'
    modbus_client.py -      takes lines [WAY, UNIT, [STEP, ...]] from stdin and answers each with a line, until stdin ends

WAY is a TCP port on loopback, or rtu:PATH or ascii:PATH of a serial port. A single value is written with function 06 or 05, a list with 16 or 15. A refusal is {"exception": CODE}.
"""

import json
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient


def perform(client, unit, step):
    verb, table, address, what = step
    if verb == "read":
        functions = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }
        answer = functions[table](address, count=what, device_id=unit)
    elif table == "coil":
        function = client.write_coils if isinstance(what, list) else client.write_coil
        answer = function(address, what, device_id=unit)
    else:
        function = client.write_registers if isinstance(what, list) else client.write_register
        answer = function(address, what, device_id=unit)
    if answer.isError():
        return {"exception": answer.exception_code}
    if verb == "write":
        return "written"
    # bits come in whole bytes
    return [int(bit) for bit in answer.bits[:what]] if table in ("coil", "discrete") else answer.registers


def visit(way, unit, steps):
    """Connects, performs the steps, and hangs up."""
    if way.isdecimal():
        client = ModbusTcpClient("127.0.0.1", port=int(way), timeout=5, retries=0)
    else:
        framer, path = way.split(":", 1)
        client = ModbusSerialClient(path, framer=FramerType(framer), baudrate=19200, timeout=5, retries=0)
    assert client.connect(), f"nobody listens on {way}"
    answers = [perform(client, unit, step) for step in steps]
    # who waits for the answers may want the port next
    client.close()
    print(json.dumps(answers), flush=True)


def main():
    if sys.argv[1:] == ["-"]:
        for line in sys.stdin:
            visit(*json.loads(line))
    else:
        visit(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))


main()
