"""Holistic Trace Analysis of traces as they are: exact times, all steps, one trace per rank."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samprof.errors import MissingPackageError, TraceError

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

_EXACT = "HTA_DISABLE_NS_ROUNDING"


def trace_analysis(traces: Mapping[int, Path]) -> TraceAnalysis:
    """A `TraceAnalysis` of these traces.

    All marked steps are in it. By default HTA drops the last one, which may be cut off; those that
    samprof records are complete.

    Args:
        traces: rank -> trace file.

    Raises:
        MissingPackageError: neither HolisticTraceAnalysis nor traceinsight is installed.
        TraceError: HTA cannot read a trace.
    """
    try:
        from hta.trace_analysis import TraceAnalysis
    except ImportError:
        raise MissingPackageError("hta", "HolisticTraceAnalysis", "hta") from None

    files = {rank: str(path.resolve()) for rank, path in traces.items()}
    named = errors_named(", ".join(map(str, traces.values())))
    with named, quiet(), _exact_times(), _wide_correlations():
        # HTA changes the mapping that it is given.
        return TraceAnalysis(trace_files=dict(files), include_last_profiler_step=True)


@contextmanager
def quiet() -> Iterator[None]:
    """While open, HTA logs errors only; it reports its progress as warnings."""
    logger = logging.getLogger("hta")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def errors_named(traces: str) -> Iterator[None]:
    """Turns whatever HTA raises into one line; it does not document its exceptions."""
    try:
        yield
    except Exception as error:
        cause = f"HTA cannot use it ({type(error).__name__}: {error})"
        remedy = "use samprof layers and samprof kernels for this trace"
        raise TraceError("hta", traces, cause, remedy) from error


@contextmanager
def _exact_times() -> Iterator[None]:
    """While open, HTA does not round times to whole microseconds.

    HTA 0.5 reads the environment each time; 0.6 reads it once, into an object that it asks afterwards.
    """
    import hta.configs.env_options as options

    shared = options.HTAEnvOptions.instance() if hasattr(options, "HTAEnvOptions") else None
    exact_before = options.disable_ns_rounding()
    variable_before = os.environ.get(_EXACT)
    os.environ[_EXACT] = "1"
    if shared is not None:
        shared.set_disable_ns_rounding(True)
    try:
        yield
    finally:
        del os.environ[_EXACT]
        if variable_before is not None:
            os.environ[_EXACT] = variable_before
        if shared is not None:
            shared.set_disable_ns_rounding(exact_before)


@contextmanager
def _wide_correlations() -> Iterator[None]:
    """While open, HTA can read more than 32767 events whose correlation ids are small.

    It writes row numbers into the column of the ids, which has the smallest type that holds them; from
    pandas 3 on, such a column is not widened.
    """
    import hta.common.trace as reader

    original = reader.transform_correlation_to_index

    def widened(events: pd.DataFrame, symbols: Any) -> pd.DataFrame:
        if "correlation" in events:
            events["correlation"] = events["correlation"].astype("int64")
        result: pd.DataFrame = original(events, symbols)
        return result

    reader.transform_correlation_to_index = widened
    try:
        yield
    finally:
        reader.transform_correlation_to_index = original
