"""How fast host and device are, for each pace of `bench._options`."""

from dataclasses import dataclass

from bench._options import Pace

_NO_LIMIT_NS = 10**12


@dataclass(frozen=True, slots=True)
class Beat:
    """The speed of host and device.

    Attributes:
        host: times the usual 0.2 to 1.8 us from one event to the next.
        device: times the usual length of an activity.
        longest_ns: that no activity takes much more than (a fifth).
        pause: times its own length that the device pauses after an activity.
        idle_ns: that it pauses in any case.
        in_turn: the side stream works in turn with the main one, so that neither fills the other's
            pauses.
    """

    host: int = 1
    device: int = 1
    longest_ns: int = _NO_LIMIT_NS
    pause: int = 0
    idle_ns: int = 600
    in_turn: bool = False


# From one launch to the next it is two events at least, so 4 us at the pace "launch": longer than any
# activity with the pause after it, and nothing is ever queued.
BEATS: dict[Pace, Beat] = {
    "mixed": Beat(),
    "device": Beat(device=10),
    "launch": Beat(host=10, longest_ns=2_000),
    "idle": Beat(pause=4, in_turn=True),
}
