"""The cache of a trace, beside its file: the next load maps the columns instead of parsing.

The cache is an ordinary npz file (`numpy.load` reads it) with uncompressed members; `about.json` in it
says which bytes it was made from. It may be deleted at any time. It may be damaged, or made by
somebody else: what does not fit together is not a cache, and the trace itself is read.
"""

import io
import json
import mmap
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from samprof._version import __version__
from samprof.files import written_whole
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Events, Kind, MemoryEvents, Table
from samprof.trace.read.absurd_times import times_add_up
from samprof.trace.read.gzip_stream import checksum

T = TypeVar("T", bound=Table)
SUFFIX = ".samprof.npz"
_SCHEMA = 5
_ABOUT = "about.json"
_ALIGNMENT = 64
_AT_ONCE = 1 << 20
_PADDING_FIELD = 0xD935  # the zip extra field commonly used for alignment
_LOCAL_HEADER_BYTES = 30
_TABLES: dict[str, type[Table]] = {"events": Events, "allocations": MemoryEvents}


def cache_path(trace: Path) -> Path:
    """Where the cache of a trace file is."""
    return trace.with_name(trace.name + SUFFIX)


def fingerprint(trace: Path) -> dict[str, Any]:
    """The bytes and the version that a cache must be made from to be trusted.

    Raises:
        OSError: the trace cannot be read.
    """
    size = crc = 0
    buffer = memoryview(bytearray(_AT_ONCE))
    # Not mapped: a file that another process cuts off meanwhile would end this one.
    with trace.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            crc = checksum(buffer[:count], crc)
            size += count
    return {"schema": _SCHEMA, "samprof": __version__, "bytes": size, "crc32": crc}


def read_cache(trace: Path, wanted: dict[str, Any]) -> TraceData | None:
    """The trace from its cache; None without an undamaged cache made from these bytes."""
    path = cache_path(trace)
    try:
        return _read(path, wanted) if path.is_file() else None
    except Exception:  # whatever is wrong with the cache, the trace itself can be read
        return None


def write_cache(trace: TraceData, path: Path, source: dict[str, Any]) -> None:
    """Writes the cache of a trace that was read from `path`, if the folder can be written.

    What else is in its place, a pipe or a folder, stays.
    """
    target = cache_path(path)
    if target.exists() and not target.is_file():
        return
    about = {
        "of": source,
        "names": trace.names,
        "threads": trace.threads,
        "inputs": trace.inputs,
        "metadata": trace.metadata,
        "notes": trace.notes,
    }
    tables = (("events", trace.events), ("allocations", trace.allocations))
    with (
        suppress(OSError),
        written_whole(target) as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        archive.writestr(zipfile.ZipInfo(_ABOUT), json.dumps(about))
        for table, rows in tables:
            for column in rows.dtypes():
                _add(archive, f"{table}.{column}.npy", getattr(rows, column))


def _add(archive: zipfile.ZipFile, name: str, column: np.ndarray[Any, Any]) -> None:
    """Adds an npy file whose data starts at a multiple of the alignment."""
    member = zipfile.ZipInfo(name)
    member.file_size = column.nbytes + _ALIGNMENT
    assert archive.fp is not None
    begin = archive.fp.tell() + _LOCAL_HEADER_BYTES + len(name.encode()) + 4
    padding = -begin % _ALIGNMENT
    member.extra = _PADDING_FIELD.to_bytes(2, "little") + padding.to_bytes(2, "little")
    member.extra += bytes(padding)
    with archive.open(member, "w") as file:
        # The header of an npy file is itself padded to 64 bytes.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(column))
        file.write(column.view(np.uint8).data)


def _read(path: Path, wanted: dict[str, Any]) -> TraceData | None:
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        with zipfile.ZipFile(file) as archive:
            members = dict(_members(archive, data))
    about = json.loads(bytes(members.pop(_ABOUT)))
    if about["of"] != wanted:
        return None
    trace = TraceData(
        events=_table(Events, "events", members),
        allocations=_table(MemoryEvents, "allocations", members),
        names=tuple(about["names"]),
        threads=tuple((pid, tid) for pid, tid in about["threads"]),
        inputs=tuple(about["inputs"]),
        metadata=about["metadata"],
        notes=tuple(about["notes"]),
    )
    _check(trace)
    return trace


def _check(trace: TraceData) -> None:
    """Looks whether the columns fit together, and what they index is there.

    Raises:
        ValueError: they do not.
    """
    texts = (
        *trace.names,
        *trace.inputs,
        *trace.notes,
        *(text for pair in trace.threads for text in pair),
    )
    if not all(type(text) is str for text in texts) or type(trace.metadata) is not dict:
        raise ValueError("texts are no texts")
    events, allocations = trace.events, trace.allocations
    for table in (events, allocations):
        if len({len(getattr(table, column)) for column in table.dtypes()}) > 1:
            raise ValueError("columns of different lengths")
    borders = (
        (events.kind, min(Kind), max(Kind)),
        (events.name, 0, len(trace.names) - 1),
        (events.thread, 0, len(trace.threads) - 1),
        (events.inputs, -1, len(trace.inputs) - 1),
        (allocations.thread, 0, len(trace.threads) - 1),
    )
    for column, low, high in borders:
        if len(column) and not low <= column.min() <= column.max() <= high:
            raise ValueError("a column leads to nothing")
    if events.dur.min(initial=0) < 0 or not times_add_up(events):
        raise ValueError("times that do not add up")


def _members(archive: zipfile.ZipFile, data: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Name and bytes of each member.

    Raises:
        ValueError: the bytes differ from those that were written.
    """
    for member in archive.infolist():
        header = data[member.header_offset :][:_LOCAL_HEADER_BYTES]
        name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        begin = member.header_offset + _LOCAL_HEADER_BYTES + name + extra
        content = data[begin : begin + member.file_size]
        if member.compress_type != zipfile.ZIP_STORED or checksum(content) != member.CRC:
            raise ValueError(f"{member.filename} is damaged")
        yield member.filename, content


def _table(table: type[T], name: str, members: dict[str, memoryview]) -> T:
    return table(
        **{
            column: _numbers(members[f"{name}.{column}.npy"], dtype)
            for column, dtype in table.dtypes().items()
        }
    )


def _numbers(member: memoryview, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The array in an npy file, without a copy."""
    head = io.BytesIO(member[: 4 * _ALIGNMENT])
    np.lib.format.read_magic(head)
    (rows,), _, found = np.lib.format.read_array_header_1_0(head)
    if found != dtype:
        raise ValueError(f"{found} where {dtype} belongs")
    return np.frombuffer(member[head.tell() :], dtype, rows) if rows else np.empty(0, dtype)
