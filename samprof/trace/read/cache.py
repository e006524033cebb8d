"""The cache of a trace, beside its file: the next load maps the columns instead of parsing.

The cache is an ordinary npz file (`numpy.load` reads it) with uncompressed members; `about.json` in it
says which bytes it was made from. It may be deleted at any time.
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
from samprof.trace.model.events import Events, MemoryEvents, Table
from samprof.trace.read.gzip_stream import checksum

T = TypeVar("T", bound=Table)
SUFFIX = ".samprof.npz"
_SCHEMA = 4
_ABOUT = "about.json"
_ALIGNMENT = 64
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
    with trace.open("rb") as file:
        size = trace.stat().st_size
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            crc = checksum(memoryview(data))
    return {"schema": _SCHEMA, "samprof": __version__, "bytes": size, "crc32": crc}


def read_cache(trace: Path, wanted: dict[str, Any]) -> TraceData | None:
    """The trace from its cache; None without an undamaged cache made from these bytes."""
    try:
        return _read(cache_path(trace), wanted)
    except Exception:  # whatever is wrong with the cache, the trace itself can be read
        return None


def write_cache(trace: TraceData, path: Path, source: dict[str, Any]) -> None:
    """Writes the cache of a trace that was read from `path`, if the folder can be written."""
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
        written_whole(cache_path(path)) as file,
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
    return TraceData(
        events=_table(Events, "events", members),
        allocations=_table(MemoryEvents, "allocations", members),
        names=tuple(about["names"]),
        threads=tuple((pid, tid) for pid, tid in about["threads"]),
        inputs=tuple(about["inputs"]),
        metadata=about["metadata"],
        notes=tuple(about["notes"]),
    )


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
