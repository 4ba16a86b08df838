"""Scores enmon, and ACN-Sim's own algorithms beside it, on ACN-Sim's simulation: `make bench-acn`.

Each row is one scenario of scenarios.py under one scheduler: energy delivered of what was asked, sessions that are full, and the steps in
which a limit is exceeded by what was drawn and by what was offered. enmon speaks the lines of docs/policies.md."""
import argparse
import json
import subprocess
import time

import numpy as np
from acnportal.acnsim import EventQueue, Simulator
from acnportal.algorithms import (BaseAlgorithm, RoundRobin, SortedSchedulingAlgo, UncontrolledCharging, earliest_deadline_first,
                                  first_come_first_served, least_laxity_first)
from acnportal.algorithms.upper_bound_estimator import SimpleRampdown

from scenarios import PERIOD_MIN, SCENARIOS, START


class External(BaseAlgorithm):
    """Asks a program for the limits of each step."""

    def __init__(self, argv, blind):
        super().__init__()
        self.max_recompute = 1
        self.blind = blind
        self.step_ms = []
        self.started = False
        self.program = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tell(self, message):
        self.program.stdin.write(json.dumps(message) + "\n")
        self.program.stdin.flush()

    def init(self):
        net = self.interface.infrastructure_info()
        stations = [{"id": s, "voltage": float(net.voltages[i]), "angle": float(net.phases[i]), "max": float(net.max_pilot[i]),
                     "min": float(net.min_pilot[i]),
                     "pilots": None if net.is_continuous[i] else [float(p) for p in net.allowable_pilots[i]]}
                    for i, s in enumerate(net.station_ids)]
        constraints = [{"id": str(name), "limit": float(limit),
                        "terms": {net.station_ids[k]: float(row[k]) for k in np.nonzero(row)[0]}}
                       for name, limit, row in zip(net.constraint_ids, net.constraint_limits, net.constraint_matrix)]
        self.tell({"type": "init", "period_min": self.interface.period, "stations": stations, "constraints": constraints})

    def schedule(self, active_sessions):
        if not self.started:
            self.started = True
            self.init()
        drawn, offered = self.interface.last_actual_charging_rate, self.interface.last_applied_pilot_signals
        begin = time.perf_counter()
        self.tell({"type": "step", "t": int(self.interface.current_time), "sessions": [
            {"station": s.station_id, "session": s.session_id,
             "remaining_kwh": None if self.blind else float(s.remaining_demand), "arrival": int(s.arrival),
             "departure": None if self.blind else int(s.estimated_departure),
             "last_pilot": float(offered.get(s.session_id, 0)), "last_actual": float(drawn.get(s.session_id, 0))}
            for s in active_sessions]})
        limits = json.loads(self.program.stdout.readline())["limits"]
        self.step_ms.append((time.perf_counter() - begin) * 1000)
        return {s: [float(limits.get(s, 0))] for s in self.interface.infrastructure_info().station_ids}

    def end(self):
        self.tell({"type": "end"})
        self.program.stdin.close()
        self.program.wait()


class Timed:
    """Notes how long an algorithm of ACN-Sim takes for a step."""

    def __init__(self, algorithm):
        self.algorithm, self.step_ms = algorithm, []
        schedule = algorithm.schedule

        def timed(sessions):
            begin = time.perf_counter()
            answer = schedule(sessions)
            self.step_ms.append((time.perf_counter() - begin) * 1000)
            return answer

        algorithm.schedule = timed


# ACN-Sim's own; all are told energies and departures. `feedback` learns from what cars draw.
OWN = {
    "uncontrolled": UncontrolledCharging,
    "FCFS": lambda: SortedSchedulingAlgo(first_come_first_served),
    "EDF": lambda: SortedSchedulingAlgo(earliest_deadline_first),
    "LLF": lambda: SortedSchedulingAlgo(least_laxity_first),
    "LLF feedback": lambda: SortedSchedulingAlgo(least_laxity_first, estimate_max_rate=True, max_rate_estimator=SimpleRampdown()),
    "round robin": lambda: RoundRobin(first_come_first_served, continuous_inc=1),
}


def score(scenario, name, algorithm, step_ms):
    network, events = SCENARIOS[scenario]()
    simulator = Simulator(network, algorithm, EventQueue(events), START, period=PERIOD_MIN, verbose=False)
    simulator.run()
    cars = list(simulator.ev_history.values())
    asked, got = sum(c.requested_energy for c in cars), sum(c.energy_delivered for c in cars)
    full = sum(c.energy_delivered >= 0.99 * c.requested_energy for c in cars) / len(cars)
    angles = np.exp(1j * np.deg2rad(network._phase_angles))
    limit = np.asarray(network.magnitudes)[:, None]

    def steps_over(currents):
        load = np.abs(np.asarray(network.constraint_matrix) @ (currents * angles[:, None]))
        return int(((load > limit * 1.0001).any(axis=0)).sum())

    print(f"{scenario:9} {name:14} energy {100 * got / asked:6.2f} %  full sessions {100 * full:5.1f} %  steps over a limit: "
          f"drawn {steps_over(simulator.charging_rates)}, offered {steps_over(simulator.pilot_signals)}  "
          f"step median {np.median(step_ms):.2f} ms  p99 {np.percentile(step_ms, 99):.2f} ms  sessions {len(cars)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--blind", action="store_true", help="withhold remaining energy and departure from the program")
    parser.add_argument("--own", action="append", choices=OWN, default=[], help="an algorithm of ACN-Sim beside it")
    parser.add_argument("--all-own", action="store_true", help="all algorithms of ACN-Sim beside it")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if args.list:
        print("\n".join(SCENARIOS))
        return
    argv = [a for a in args.program if a != "--"]
    for scenario in args.scenario or SCENARIOS:
        if argv:
            external = External(argv, args.blind)
            score(scenario, "enmon, blind" if args.blind else "enmon", external, external.step_ms)
            external.end()
        for name in OWN if args.all_own else args.own:
            timed = Timed(OWN[name]())
            score(scenario, name, timed.algorithm, timed.step_ms)


if __name__ == "__main__":
    main()
