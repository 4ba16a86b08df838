"""Scenarios for ACN-Sim. A: Caltech garage, real sessions of March 2019. B: made-up European site, 230/400 V, rows behind a main."""
import gzip
import json
import math
import pathlib
import random
import warnings
from datetime import datetime

import pytz
from acnportal import acnsim
from acnportal.acnsim import EV, Battery, ChargingNetwork, Current, EventQueue, PluginEvent
from acnportal.acnsim.models.evse import FiniteRatesEVSE

warnings.simplefilter("ignore")
START = pytz.timezone("America/Los_Angeles").localize(datetime(2019, 3, 1))
PERIOD_MIN = 5
STEPS_PER_DAY = 24 * 60 // PERIOD_MIN
DATA = pathlib.Path(__file__).parent / "data" / "caltech_201903.json.gz"


def caltech(transformer_kw, first_day=0, days=31):
    """54 stations at 208 V between lines, transformer limit in kW; days counted from 1 March."""
    network = acnsim.sites.caltech_acn(basic_evse=True, voltage=208, transformer_cap=transformer_kw)
    recorded = json.loads(gzip.open(DATA).read())
    queue = EventQueue.from_json(recorded if isinstance(recorded, str) else json.dumps(recorded))
    begin, end = first_day * STEPS_PER_DAY, (first_day + days) * STEPS_PER_DAY
    events = []
    for _, event in sorted(queue._queue, key=lambda entry: entry[0]):
        ev = event.ev
        if begin <= ev.arrival < end:
            arrival, departure = ev.arrival - begin, ev.departure - begin
            energy = ev.requested_energy
            events.append(PluginEvent(arrival, EV(arrival, departure, energy, ev.station_id, ev.session_id,
                                                  Battery(energy, 0, 6.6))))
    return network, events


def garage(main_amps, row_amps=40, stations=24, days=7, seed=7):
    """Rows of four stations behind a three-phase sub-breaker behind a main; two thirds of the cars charge on three phases
    (16 A of the station's 32), one third on one phase (rotated)."""
    rng = random.Random(seed)
    network = ChargingNetwork()
    ids = [f"E{i:02d}" for i in range(stations)]
    line_of = {}
    for i, station in enumerate(ids):
        three_phase = i % 3 != 2
        line_of[station] = None if three_phase else (i // 3) % 3
        network.register_evse(FiniteRatesEVSE(station, [0] + list(range(6, 33))), 690 if three_phase else 230, 0)

    def on_line(group, line):
        return [station for station in group if line_of[station] in (None, line)]

    for line in range(3):
        network.add_constraint(Current(on_line(ids, line)), main_amps, name=f"main L{line + 1}")
        for first in range(0, stations, 4):
            row = on_line(ids[first:first + 4], line)
            if row:
                network.add_constraint(Current(row), row_amps, name=f"row{first // 4} L{line + 1}")
    events = []
    for day in range(days):
        for station in ids:
            if rng.random() < 0.9:
                arrival = day * STEPS_PER_DAY + int((7.5 + rng.gauss(1, 0.8)) * 12)
                duration = int(max(2, rng.gauss(8, 1.8)) * 12)
                three_phase = line_of[station] is None
                power_kw = 11.0 if three_phase else 7.4
                energy = min(rng.lognormvariate(math.log(22 if three_phase else 15), 0.45),
                             power_kw * duration * PERIOD_MIN / 60 * 0.9)
                events.append(PluginEvent(arrival, EV(arrival, arrival + duration, energy, station, f"{station}-{day}",
                                                      Battery(energy, 0, power_kw))))
    return network, events


# the goals are those of A30x7, A30x31 and B63; the others are there so that nothing is fitted to these
SCENARIOS = {
    "A30x7": lambda: caltech(30, days=7),
    "A30x31": lambda: caltech(30),
    "A20x31": lambda: caltech(20),
    "A50x31": lambda: caltech(50),
    "A30week3": lambda: caltech(30, first_day=14, days=7),
    "B63": lambda: garage(63),
    "B50": lambda: garage(50),
    "B100": lambda: garage(100),
    "B63seed1": lambda: garage(63, seed=1),
    "B63seed2": lambda: garage(63, seed=2),
    "B63of36": lambda: garage(90, stations=36),
}
