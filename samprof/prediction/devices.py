"""What devices can do by their datasheets: a plain table that users extend."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from samprof.analysis.device.roofline import Roof
from samprof.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

_TABLE = Path(__file__).with_name("devices.toml")
_TERA, _GIGA, _GIB, _MIB = 1e12, 1e9, 2**30, 2**20
RATES = ("float32", "tf32", "bfloat16", "float16")
WORKSPACE_BYTES = 4096 * 1024 * 2 + 16 * 1024 * 8
"""torch's default for cuBLAS before Hopper, `:4096:2:16:8`: `parseChosenWorkspaceSize` in
aten/src/ATen/cuda/CublasHandlePool.cpp, which has 32 MiB from Hopper on."""
_LACKS = "it has no rate for {}"


@dataclass(frozen=True, slots=True)
class Device:
    """A device as its datasheet describes it, or with peaks that were measured on it.

    Attributes:
        name: what `--device` calls it.
        title: the name that its driver gives.
        cores: streaming multiprocessors or compute units.
        flops_per_s: by float32, tf32, bfloat16, float16: peaks of dense products with sums in float32.
        bytes_per_s: of its memory.
        memory_bytes: all of it.
        cache_bytes: of the last cache that all cores share.
        sustained: share of the peaks that its power limit allows without pause.
        workspace_bytes: what torch allocates there for matrix products besides their result.
        source: where the numbers stand, or how the peaks were measured.
        date: when that was published, or measured.
        is_measured: whether the peaks were measured: see `samprof.prediction.measured_peaks`.
    """

    name: str
    title: str
    cores: int
    flops_per_s: Mapping[str, float]
    bytes_per_s: float
    memory_bytes: int
    cache_bytes: int
    sustained: float = 1.0
    workspace_bytes: int = WORKSPACE_BYTES
    source: str = ""
    date: str = ""
    is_measured: bool = False

    def peak(self, dtype: str, *, convolution: bool = False) -> float:
        """FLOPs per second in a dtype, as long as its power limit allows.

        Convolutions of float32 run in TF32 where there is TF32: that is torch's default, while matrix
        products stay in float32 (`torch.backends.cudnn.allow_tf32`, `cuda.matmul.allow_tf32`).

        Raises:
            UsageError: the device has no units for this dtype.
        """
        name = (
            "tf32" if convolution and dtype == "float32" and "tf32" in self.flops_per_s else dtype
        )
        if name not in self.flops_per_s:
            have = ", ".join(one for one in RATES if one in self.flops_per_s)
            raise UsageError(
                "predict", f"{dtype} on {self.name}", _LACKS.format(dtype), f"use {have}"
            )
        return self.flops_per_s[name] * self.sustained

    def roof(self, dtype: str) -> Roof | None:
        """Its peaks for a dtype; None where it has none."""
        rate = self.flops_per_s.get(dtype)
        return Roof(rate, self.bytes_per_s) if rate else None


class _Section(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    cores: int
    float32: float
    bandwidth: float
    memory: float
    tf32: float | None = None
    bfloat16: float | None = None
    float16: float | None = None
    cache: float = 0.0
    sustained: float = 1.0
    workspace: float = WORKSPACE_BYTES / _MIB
    aka: list[str] = []
    source: str = ""
    date: str = ""


def devices(extra: Path | None = None) -> dict[str, Device]:
    """All devices by name, those of a file of the user's own first where names are the same.

    Args:
        extra: the user's own table, of the form of `devices.toml`.

    Raises:
        UsageError: the file cannot be read, or is no such table.
    """
    found = _read(_TABLE)[0]
    return found if extra is None else found | _read(extra)[0]


def device_named(name: str, extra: Path | None = None) -> Device:
    """The device of a name, as `--device` takes it: upper and lower case, spaces and dashes aside.

    Raises:
        UsageError: there is none of that name.

    Example:
        >>> device_named("l40s").title, device_named("NVIDIA H200").name
        ('NVIDIA L40S', 'H200')
    """
    tables = [_read(path) for path in (extra, _TABLE) if path is not None]
    for table, others in tables:
        by_name = {_plain(one.name): one for one in table.values()}
        by_name = others | {_plain(one.title): one for one in table.values()} | by_name
        if (found := by_name.get(_plain(name))) is not None:
            return found
    names = [one for table, _ in tables for one in table]
    near = get_close_matches(name.upper(), names) or names
    remedy = f"use one of {', '.join(near)}, or add it to a file for --devices"
    raise UsageError("predict", f"device {name}", "not in the table of devices", remedy)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _read(path: Path) -> tuple[dict[str, Device], dict[str, Device]]:
    """The devices of a file by name, and by their other names."""
    remedy = "write it like samprof/prediction/devices.toml"
    try:
        sections: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {name: msgspec.convert(one, _Section) for name, one in sections.items()}
    except OSError as error:
        cause = error.strerror or str(error)
        raise UsageError("predict", path, cause, "check the path") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError("predict", path, f"not a table of devices ({error})", remedy) from None
    table = {name: _device(name, one) for name, one in found.items()}
    for name, one in table.items():
        rates = (*one.flops_per_s.values(), one.bytes_per_s, one.memory_bytes, one.cores)
        if one.workspace_bytes < 0:
            raise UsageError("predict", path, f"{name}: a workspace below 0", remedy)
        if not all(rate > 0 for rate in rates) or not 0 < one.sustained <= 1:
            raise UsageError("predict", path, f"{name}: a rate that is not above 0", remedy)
    others = {_plain(other): table[name] for name, one in found.items() for other in one.aka}
    return table, others


def _device(name: str, one: _Section) -> Device:
    rates = {dtype: getattr(one, dtype) for dtype in RATES}
    return Device(
        name=name,
        title=one.title,
        cores=one.cores,
        flops_per_s={dtype: rate * _TERA for dtype, rate in rates.items() if rate is not None},
        bytes_per_s=one.bandwidth * _GIGA,
        memory_bytes=int(one.memory * _GIB),
        cache_bytes=int(one.cache * _MIB),
        sustained=one.sustained,
        workspace_bytes=int(one.workspace * _MIB),
        source=one.source,
        date=one.date,
    )


def devices_table(found: Iterable[Device]) -> pd.DataFrame:
    """One row per device.

    Returns:
        Columns name, title, cores, float32, tf32, bfloat16, float16 (FLOPs per second; NaN where it has
        no units for it), bytes_per_s, memory_bytes, cache_bytes, sustained, source, date.
    """
    import pandas as pd

    rows = [
        {
            "name": one.name,
            "title": one.title,
            "cores": one.cores,
            **{dtype: one.flops_per_s.get(dtype, float("nan")) for dtype in RATES},
            "bytes_per_s": one.bytes_per_s,
            "memory_bytes": one.memory_bytes,
            "cache_bytes": one.cache_bytes,
            "sustained": one.sustained,
            "source": one.source,
            "date": one.date,
        }
        for one in found
    ]
    return pd.DataFrame(rows)
