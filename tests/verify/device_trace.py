"""A device trace made by hand, the truth of which is known."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.support.tracefile import TraceFile

RECORDED = {
    "samprof": {
        "roots": ["enc"],
        "modules": {
            "enc": ["Encoder", ""],
            "enc.blocks.0": ["Block", ""],
            "enc.neck": ["Neck", ""],
        },
    }
}


def device_trace(path: Path, *, drop: int | None = None, streams: tuple[int, int] = (7, 7)) -> Path:
    """Three steps of an encoder with a block (two kernels) and a neck (one), on a device.

    A step takes 10 us on the host and 100 us on the device: the block's kernels 20 us from 0 and 30 us
    from 25, the neck's 40 us from 60, and a copy of 5 us outside of the encoder. `drop` leaves out the
    record of that kernel.
    """
    file = TraceFile(metadata={"schemaVersion": 1, **RECORDED})
    correlation = itertools.count(1)
    for step in range(3):
        host, device = 10_000 * step, 1_000_000 + 100_000 * step
        file.step(step, host, 10_000)
        file.range("enc", host + 100, 8_000)
        file.range("enc.blocks.0", host + 200, 3_000)
        file.range("enc.neck", host + 4_000, 2_000)
        launches = [(300, 0, 20_000, 7), (500, 25_000, 30_000, streams[0])]
        launches += [(4_100, 60_000, 40_000, streams[1])]
        for at, start, duration, stream in launches:
            number = next(correlation)
            file.launch(number, host + at)
            if number != drop:
                file.kernel(number, device + start, duration, stream=stream)
        number = next(correlation)
        file.launch(number, host + 9_000, name="cudaMemcpyAsync")
        file.kernel(number, device + 50_000, 5_000, name="copy", cat="gpu_memcpy")
    return file.write(path)
