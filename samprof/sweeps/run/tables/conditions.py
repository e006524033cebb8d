"""What the machine was like around each forward of a run, and which forwards count therefore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from samprof.analysis.statistics.cpu_speed import (
    UsualSpeed,
    around,
    clean_forwards,
    is_slowed,
    usual_speed,
)
from samprof.analysis.statistics.states import MIXED, States, find_states
from samprof.sweeps.run.stored.sample import Sample

_Round = tuple[str, int]
_Together = tuple[str, int, str]
_AROUND = ("latency_before_ns", "latency_after_ns")
_FEWEST_CHANGES, _MOST_CHANGES = 3, 0.25
"""Where the state changed within as many readings, and within a larger part of them, no state lasts as
long as what is measured, and two readings around it tell of none: the minutes of a round of `vit_b` on
a busy host, where 6 of 14 rounds ended in another state than they began in."""


@dataclass(frozen=True, slots=True)
class ForwardConditions:
    """What the machine was like around the forwards of one kind in a sample.

    Attributes:
        fast: whether each ran at the CPUs' usual speed, or in a turn, whose slowness is known.
        clean: whether each counts: it was fast, and ran in the state of its round.
        latencies: cross-core latency before and after each, where it was read.
        slowness: of the turn of each; 1 where it took none.
    """

    fast: Sequence[bool]
    clean: Sequence[bool]
    latencies: Sequence[tuple[float, float]]
    slowness: Sequence[float]


@dataclass(frozen=True, slots=True)
class Conditions:
    """The machine during a run.

    Attributes:
        usual: the usual speed of its CPUs.
        states: those that it was seen in.
        of_rounds: variant and round -> the state of most of its forwards, where those were taken in
            turns.
        slowness: samples that were taken together -> of each turn, how much longer forwards took than in
            most turns; 1 is usual. It is that of all sizes, and divides the time of each.
    """

    usual: UsualSpeed
    states: States
    of_rounds: Mapping[_Round, str]
    slowness: Mapping[_Together, Sequence[float]]

    def state_of(self, sample: Sample) -> str:
        """The state of a sample; "mixed" where it changed meanwhile.

        Of forwards taken in turns too few may have run in the state of most of them all.
        """
        latencies = _latencies(sample)
        if not latencies:
            return self.states.state_of(*(sample.machine.get(name) for name in _AROUND))
        state = self.of_rounds[_round_of(sample)]
        kinds = (self.timed(sample), self.recorded(sample))
        few = any(is_slowed(one.clean) and not is_slowed(one.fast) for one in kinds)
        return MIXED if few else state

    def latency_of(self, sample: Sample) -> tuple[float, float]:
        """The cross-core latency before and after a sample; NaN where it was not read.

        Of forwards taken in turns that around those that count.
        """
        kinds = (self.timed(sample), self.recorded(sample))
        counted = [
            pair
            for one in kinds
            for pair, is_clean in zip(one.latencies, one.clean, strict=False)
            if is_clean
        ]
        pairs = counted or _latencies(sample)
        if pairs:
            before, after = np.median(np.array(pairs), axis=0)
            return float(before), float(after)
        before, after = (sample.machine.get(name) for name in _AROUND)
        return _number(before), _number(after)

    def speed_of(self, sample: Sample) -> float:
        """The CPUs' speed around the forwards of a sample, 1 is usual; NaN where it is not known."""
        pairs = around(sample.reference_ns, len(sample.wall_ns))
        pairs += around(sample.recorded_reference_ns, len(sample.recorded_wall_ns))
        slower = [max(pair) for pair in pairs]
        return self.usual.usual_ns / float(np.median(slower)) if slower else np.nan

    def timed(self, sample: Sample) -> ForwardConditions:
        """The forwards without the profiler."""
        measured = (sample.reference_ns, sample.latency_ns)
        return self._forwards(sample, len(sample.wall_ns), *measured)

    def recorded(self, sample: Sample) -> ForwardConditions:
        """The forwards with it."""
        measured = (sample.recorded_reference_ns, sample.recorded_latency_ns)
        return self._forwards(sample, len(sample.recorded_wall_ns), *measured)

    def _forwards(
        self, sample: Sample, number: int, references: Sequence[int], read: Sequence[float]
    ) -> ForwardConditions:
        turns = self.slowness.get(_together(sample), ()) if sample.turns else ()
        slowness = [one for one in turns for _ in range(number // len(turns))]
        fast = [True] * number
        if not slowness or len(slowness) != number:
            slowness = [1.0] * number
            fast = clean_forwards(references, number, self.usual.slowest_ns)
        latencies = around(read, number)
        state = self.of_rounds.get(_round_of(sample), "")
        held = [self.states.state_of(*pair) == state for pair in latencies] or [True] * number
        clean = [one and other for one, other in zip(fast, held, strict=True)]
        return ForwardConditions(fast, clean, latencies, slowness)


def conditions_of(samples: Iterable[Sample]) -> Conditions:
    """The machine during a run, found in its samples."""
    samples = list(samples)
    read = [pair for one in samples for pair in _latencies(one)]
    outside = [one.machine.get(name) for one in samples for name in _AROUND]
    states = find_states([*chain.from_iterable(read), *outside])
    if not read and _changes_within(samples, states):
        states = States()
    seen: dict[_Round, Counter[str]] = {}
    for sample in samples:
        for pair in _latencies(sample):
            seen.setdefault(_round_of(sample), Counter())[states.state_of(*pair)] += 1
    of_rounds = {key: _most(count) for key, count in seen.items()}
    return Conditions(usual_speed_in(samples), states, of_rounds, _slowness(samples))


def _changes_within(samples: Sequence[Sample], states: States) -> bool:
    """Whether states are too short for what lies between the readings before and after samples."""
    readings = {_together(one): [one.machine.get(name) for name in _AROUND] for one in samples}
    changes = sum(states.state_of(*pair) == MIXED for pair in readings.values())
    return changes >= _FEWEST_CHANGES and changes > _MOST_CHANGES * len(readings)


def usual_speed_in(samples: Iterable[Sample]) -> UsualSpeed:
    """The usual speed of the CPUs in these samples."""
    return usual_speed(
        time for one in samples for time in (*one.reference_ns, *one.recorded_reference_ns)
    )


def _slowness(samples: Sequence[Sample]) -> dict[_Together, list[float]]:
    """Of each turn where several processes took as many together."""
    groups: dict[_Together, list[Sample]] = {}
    for sample in samples:
        if sample.turns > 0 and _wall(sample) and sample.status == "ok":
            groups.setdefault(_together(sample), []).append(sample)
    return {key: _of_turns(held) for key, held in groups.items() if _are_alike(held)}


def _are_alike(samples: Sequence[Sample]) -> bool:
    numbers = [(one.turns, len(_wall(one)) % one.turns, min(_wall(one)) > 0) for one in samples]
    return len(samples) > 1 and set(numbers) == {(samples[0].turns, 0, True)}


def _of_turns(samples: Sequence[Sample]) -> list[float]:
    """The geometric mean over the sizes of how much longer a turn took than the median turn."""
    times = [np.log(_wall(one)).reshape(one.turns, -1).mean(axis=1) for one in samples]
    longer = np.mean([one - np.median(one) for one in times], axis=0)
    slowness: list[float] = np.exp(longer - np.median(longer)).tolist()
    return slowness


def _wall(sample: Sample) -> Sequence[int]:
    return sample.wall_ns or sample.recorded_wall_ns


def _latencies(sample: Sample) -> list[tuple[float, float]]:
    """Around each forward, of both kinds; empty where they were not taken in turns."""
    timed = around(sample.latency_ns, len(sample.wall_ns))
    return timed + around(sample.recorded_latency_ns, len(sample.recorded_wall_ns))


def _round_of(sample: Sample) -> _Round:
    return sample.variant, sample.round


def _together(sample: Sample) -> _Together:
    """What samples taken together share: a round that was interrupted is finished by others.

    The machine was read before and after all of them, and no two readings are alike.
    """
    return (*_round_of(sample), str(sample.machine))


def _most(seen: Counter[str]) -> str:
    """The state seen most often; "mixed" only where no other was."""
    known = {state: count for state, count in sorted(seen.items()) if state != MIXED}
    return max(known, key=lambda state: known[state]) if known else MIXED


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
