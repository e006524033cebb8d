"""How fast the host and the device are at each pace of `TraceOptions`."""

from dataclasses import dataclass

from samprof.testing.options import Pace

_NO_LIMIT_NS = 10**12


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of host and device.

    Attributes:
        host: multiplies the usual 0.2 to 1.8 us from one event to the next.
        device: multiplies the usual duration of an activity.
        longest_ns: no activity takes more than a fifth longer than this.
        pause: multiplies an activity's duration to give the pause after it.
        idle_ns: added to every pause.
        in_turn: the side stream takes turns with the main one, so that neither fills the other's pauses.
    """

    host: int = 1
    device: int = 1
    longest_ns: int = _NO_LIMIT_NS
    pause: int = 0
    idle_ns: int = 600
    in_turn: bool = False


# At least two events lie between one launch and the next, which is 4 us at the pace "launch": longer
# than any activity together with the pause after it, so nothing is ever queued.
SPEEDS: dict[Pace, Speed] = {
    "mixed": Speed(),
    "device": Speed(device=10),
    "launch": Speed(host=10, longest_ns=2_000),
    "idle": Speed(pause=4, in_turn=True),
}
