"""Holistic Trace Analysis, given traces as they are: exact times, one trace a rank, no noise."""

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

    from samprof.trace import Trace

_EXACT = "HTA_DISABLE_NS_ROUNDING"


def trace_analysis(traces: Mapping[int, Path]) -> TraceAnalysis:
    """A `TraceAnalysis` of these traces.

    All marked steps are in it: HTA by itself drops the last, because a step that somebody cut off is
    not whole, and samprof's are.

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
        # HTA changes the mapping it is given.
        return TraceAnalysis(trace_files=dict(files), include_last_profiler_step=True)


@contextmanager
def quiet() -> Iterator[None]:
    """HTA says only what went wrong; it reports its progress as warnings."""
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
    """Whatever HTA raises as one line: it does not say which exceptions it may raise."""
    try:
        yield
    except Exception as error:
        cause = f"HTA cannot use it ({type(error).__name__}: {error})"
        remedy = "use samprof layers and samprof kernels for this trace"
        raise TraceError("hta", traces, cause, remedy) from error


@contextmanager
def _exact_times() -> Iterator[None]:
    """While open, HTA does not round times to whole microseconds as it reads.

    0.5 reads the environment each time, 0.6 once, into an object that is asked from then on.
    """
    import hta.configs.env_options as options

    kept = options.HTAEnvOptions.instance() if hasattr(options, "HTAEnvOptions") else None
    exact_before = options.disable_ns_rounding()
    variable_before = os.environ.get(_EXACT)
    os.environ[_EXACT] = "1"
    if kept is not None:
        kept.set_disable_ns_rounding(True)
    try:
        yield
    finally:
        del os.environ[_EXACT]
        if variable_before is not None:
            os.environ[_EXACT] = variable_before
        if kept is not None:
            kept.set_disable_ns_rounding(exact_before)


@contextmanager
def _wide_correlations() -> Iterator[None]:
    """While open, HTA has room for its row numbers.

    It puts them into a column of the type that the correlation ids fit in; from pandas 3 on, which
    widens no column by itself, it cannot read a trace of more than 32767 events with small ids.
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


def compared(analysis: TraceAnalysis, traces: Mapping[int, Trace]) -> pd.DataFrame:
    """HTA's figures of these traces beside samprof's own.

    Args:
        analysis: of the same traces.
        traces: rank -> trace.

    Returns:
        See `samprof.bridges.hta_figures.hta_table`.

    Raises:
        TraceError: HTA fails on a trace.
    """
    from hta.utils.utils import get_kernel_type

    from samprof.bridges.hta_figures import hta_table
    from samprof.bridges.hta_sets import sets

    files = ", ".join(str(analysis.t.trace_files[rank]) for rank in traces)
    with errors_named(files), quiet():
        found = {
            rank: sets(analysis, rank, trace, get_kernel_type) for rank, trace in traces.items()
        }
        return hta_table(analysis, found)
