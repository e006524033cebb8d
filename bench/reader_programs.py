"""The readers that are compared, and the program that runs one of them in a process of its own.

`bench/measure.py` calls it as `python -m bench.reader_programs samprof trace.json.gz`.
"""

import gc
import gzip
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Reader = Callable[[Path], Iterator[None]]
"""Yields when its library is imported, when the trace is loaded, and when the table is made."""


def samprof(path: Path) -> Iterator[None]:
    # Other readers import pandas with their own module; samprof imports it when it is needed.
    import pandas  # noqa: F401

    import samprof.trace.read.parse

    yield
    trace = samprof.load(path, cache=False)
    yield
    trace.layers()
    yield


def samprof_cached(path: Path) -> Iterator[None]:
    import pandas  # noqa: F401

    import samprof.trace

    yield
    trace = samprof.load(path, cache=True)
    yield
    trace.layers()
    yield


def hta(path: Path) -> Iterator[None]:
    from hta.trace_analysis import TraceAnalysis

    yield
    analysis = TraceAnalysis(trace_files={0: str(path)})
    yield
    analysis.get_gpu_kernel_breakdown(visualize=False)
    yield


def tensorboard(path: Path) -> Iterator[None]:
    from torch_tb_profiler.profiler.data import RunProfileData
    from torch_tb_profiler.profiler.run_generator import RunGenerator

    with tempfile.TemporaryDirectory() as folder:
        yield
        data = RunProfileData.parse("worker", None, str(path), folder)
        yield
        RunGenerator("worker", None, data).generate_run_profile()
        yield


def orjson(path: Path) -> Iterator[None]:
    import orjson

    gc.disable()
    yield
    document = orjson.loads(gzip.decompress(path.read_bytes()))
    yield
    del document


def standard_json(path: Path) -> Iterator[None]:
    yield
    document = json.loads(gzip.decompress(path.read_bytes()))
    yield
    del document


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (samprof, samprof_cached, hta, tensorboard, orjson, standard_json)
}


def main() -> None:
    name, path = sys.argv[1:]
    moments = [time.perf_counter() for _ in READERS[name](Path(path))]
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    result = {
        "seconds": [moment - moments[0] for moment in moments[1:]],
        "peak_bytes": int(found[1]) * 1024 if found else 0,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
