"""A site by pymodbus: chargers of the kind ABB Terra AC, each on a port of its own, and an Eastron SDM630 meter that sees them.

Registers are those that DEVICES facts name; nothing here shares code with enmon.

    site.py --chargers 3 [--max 32] [--failsafe 6] [--follow 0]

Prints one JSON object a line:
    {"event": "ready", "meter": PORT, "chargers": [PORT, ...]}
    {"event": "limit", "charger": 1, "milliamperes": 16000, "offered": [16.0, ...], "at": 12.345}    a limit write, after it took effect
    {"event": "base", "amperes": [30, 30, 30], "at": 12.345}
    {"event": "fallback", "charger": 1, "at": 12.345}                    its watchdog has run out

`at` is CLOCK_MONOTONIC in seconds. Lines on stdin steer it: `base 30 30 30` sets what else draws (A per phase),
`car 1 16` lets the car at charger 1 draw at most 16 A, `car 1 0` takes it away. It ends when its stdin does.
"""

import argparse
import asyncio
import json
import struct
import sys
import time

from peer import device, listen
from pymodbus.constants import ExcCodes

READABLE, READABLE_COUNT = 0x4000, 0x24
STATE, OFFERED, CURRENTS, VOLTAGES, POWER, ENERGY, WATCHDOG_IN_FORCE = (
    0x400C, 0x400E, 0x4010, 0x4016, 0x401C, 0x401E, 0x4020,
)
LIMIT, WATCHDOG = 0x4100, 0x4106
VOLTS = 230


def say(event, **facts):
    print(json.dumps({"event": event, **facts, "at": time.monotonic()}), flush=True)


def u32(value):
    value = int(value)
    return [value >> 16 & 0xFFFF, value & 0xFFFF]


class Charger:
    """ABB Terra AC: limit by function 16 at 0x4100 in mA, read back at 0x400E, fail-safe after silence."""

    def __init__(self, site, number, settings):
        self.site, self.number = site, number
        self.failsafe, self.most, self.follow = settings.failsafe * 1000, settings.max * 1000, settings.follow
        self.offered = self.failsafe
        self.car = self.most
        self.drawn, self.drawn_until = 0, 0.0
        self.watchdog = 60
        self.heard = time.monotonic()
        self.milliampere_seconds, self.counted = 0.0, time.monotonic()

    def draw(self):
        """Current per phase in mA; a car obeys a lower offer `follow` seconds late."""
        now = time.monotonic()
        wanted = min(self.offered, self.car) if self.offered >= 6000 else 0
        if wanted >= self.drawn or now >= self.drawn_until:
            self.drawn = wanted
        return self.drawn

    def offer(self, milliamperes):
        self.draw()
        self.offered = min(milliamperes, self.most)
        self.drawn_until = time.monotonic() + self.follow

    def check_watchdog(self):
        if time.monotonic() - self.heard > self.watchdog and self.offered != self.failsafe:
            self.offer(self.failsafe)
            say("fallback", charger=self.number)

    def state(self):
        """0 = A, 1 = B (waits), 4 = C (charges), in the third of four bytes."""
        if self.car == 0:
            return 0
        return 4 if self.draw() > 0 else 1

    def words(self):
        current = self.draw()
        now = time.monotonic()
        self.milliampere_seconds += current * (now - self.counted)
        self.counted = now
        watt_hours = 3 * VOLTS * self.milliampere_seconds / 1000 / 3600
        words = {
            STATE: u32(self.state() << 8),
            OFFERED: u32(self.offered),
            CURRENTS: u32(current) * 3,
            VOLTAGES: u32(VOLTS * 10) * 3,
            POWER: u32(3 * VOLTS * current / 1000),
            ENERGY: u32(watt_hours),
            WATCHDOG_IN_FORCE: [self.watchdog],
        }
        return words

    async def access(self, function, start, address, count, registers, values):
        self.check_watchdog()
        self.heard = time.monotonic()
        if values is None:
            # pymodbus reads a register once more after function 06 has written it
            if address >= LIMIT and function == 3:
                return ExcCodes.ILLEGAL_ADDRESS
            for at, words in self.words().items():
                registers[at - start : at - start + len(words)] = words
            return None
        if function == 16 and address == LIMIT and count == 2:
            self.offer(values[0] << 16 | values[1])
            offered = [charger.offered / 1000 for charger in self.site.chargers]
            say("limit", charger=self.number, milliamperes=self.offered, offered=offered)
        elif address == WATCHDOG and count == 1:
            self.watchdog = values[0]
        elif address < LIMIT:
            return ExcCodes.ILLEGAL_ADDRESS
        else:
            # the limit is one value: half of it can't be written, and function 06 is not known for it
            return ExcCodes.ILLEGAL_FUNCTION if function == 6 else ExcCodes.ILLEGAL_VALUE
        return None

    def device(self):
        holding = {READABLE: [0] * READABLE_COUNT, LIMIT: [0, 0], WATCHDOG: [60]}
        return device(1, {"holding": holding}, self.access)


class Meter:
    """Eastron SDM630: singles in input registers, high word first."""

    def __init__(self, site):
        self.site = site

    async def access(self, function, start, address, count, registers, values):
        currents = self.site.currents()
        powers = [VOLTS * current for current in currents]
        floats = {0: [VOLTS] * 3, 6: currents, 12: powers, 52: [sum(powers)], 72: [0.0, 0.0]}
        for at, group in floats.items():
            for offset, value in enumerate(group):
                words = struct.unpack(">HH", struct.pack(">f", value))
                registers[at - start + 2 * offset : at - start + 2 * offset + 2] = words
        return None

    def device(self):
        return device(1, {"input": {0: [0] * 80}}, self.access)


class Site:
    """What draws: a base load, and the cars."""

    def __init__(self, settings):
        self.base = [0.0, 0.0, 0.0]
        self.chargers = [Charger(self, number, settings) for number in range(1, settings.chargers + 1)]
        self.meter = Meter(self)

    def currents(self):
        for charger in self.chargers:
            charger.check_watchdog()
        drawn = sum(charger.draw() for charger in self.chargers) / 1000
        return [base + drawn for base in self.base]

    def obey(self, line):
        verb, *arguments = line.split()
        if verb == "base" and len(arguments) == 3:
            self.base = [float(amperes) for amperes in arguments]
            say("base", amperes=self.base)
        elif verb == "car" and len(arguments) == 2:
            self.chargers[int(arguments[0]) - 1].car = float(arguments[1]) * 1000
        else:
            raise ValueError(f"not understood: {line}")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--chargers", type=int, default=3)
    parser.add_argument("--max", type=float, default=32, help="most that a charger and its car take, A")
    parser.add_argument("--failsafe", type=float, default=6, help="current after the watchdog has run out, A")
    parser.add_argument("--follow", type=float, default=0, help="seconds that a car takes to obey a lower offer")
    site = Site(parser.parse_args())
    meter = await listen([site.meter.device()])
    chargers = [await listen([charger.device()]) for charger in site.chargers]
    say("ready", meter=meter, chargers=chargers)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip():
            site.obey(line)


asyncio.run(main())
