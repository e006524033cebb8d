"""The run directory: what was asked, one file a point, traces; each file whole or not there."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samprof.errors import RunError
from samprof.files import copy_whole, written_whole
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.differences import differences
from samprof.sweeps.run.stored.layout import LARGEST_FILE, RUN_FILE
from samprof.sweeps.run.stored.leftovers import is_empty, remove_leftovers, set_aside
from samprof.sweeps.run.stored.lock import locked
from samprof.sweeps.run.stored.point import Point, point_key
from samprof.sweeps.run.stored.schema import check_run_file

OWN_NAMES = (
    *(RUN_FILE, LARGEST_FILE, "points", "traces", "layers.parquet", "scaling.csv"),
    *("report.html", "figures", "tensorboard"),
)
"""What samprof writes into a run directory."""
SCHEMA = 2


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all.

    Raises:
        RunError: the file cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            file.write(data)
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = "free space or choose another directory, then run the same command to resume"
        raise RunError("write", path, cause, remedy) from None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of a run directory.

    Raises:
        RunError: the file cannot be read, or holds something else.
    """
    try:
        if path.exists() and not path.is_file():  # reading a pipe may never end
            raise RunError("read", path, "not a file", "delete it and resume the sweep")
        data = json.loads(path.read_bytes())
    except OSError as error:
        cause = error.strerror or str(error)
        raise RunError("read", path, cause, "give a directory that samprof sweep wrote") from None
    except ValueError as error:
        remedy = "delete the file and resume the sweep"
        raise RunError("read", path, f"not JSON ({error})", remedy) from None
    if not isinstance(data, dict):
        raise RunError("read", path, "not a JSON object", "delete the file and resume the sweep")
    return data


class RunDirectory:
    """The files of one run directory.

    Args:
        root: the directory; it need not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def accept(self, plan: Plan, *, fresh: bool) -> None:
        """Looks whether the plan may use the directory; changes nothing.

        Raises:
            RunError: it belongs to another sweep or to somebody else.
        """
        if self.root.exists() and not self.root.is_dir():
            raise RunError("sweep", self.root, "not a directory", "choose another --out")
        if self.holds_run:
            if not fresh:
                self._compare(self.read(), plan)
        elif self.root.is_dir() and not is_empty(self.root, OWN_NAMES):
            cause = "the directory is not empty and holds no sweep"
            raise RunError("sweep", self.root, cause, "choose another --out")

    @contextmanager
    def opened(self, plan: Plan, *, fresh: bool) -> Iterator[None]:
        """Holds the directory for a plan that may use it; no other sweep writes into it meanwhile.

        Raises:
            RunError: as for `accept`; or another sweep writes into it.
        """
        self.accept(plan, fresh=fresh)
        with locked(self.root):
            self.accept(plan, fresh=fresh)  # another sweep may have begun in between
            self.remove_leftovers()
            yield

    def begin(self, plan: Plan, about: About, *, fresh: bool) -> None:
        """Writes what was asked, of what, and where it runs; only now is an earlier sweep removed.

        Whoever reads the directory meanwhile finds the earlier run, one without points, or the new one.

        Raises:
            RunError: earlier points were measured on another device; or it cannot be written.
        """
        if fresh:
            self._set_run_aside()
        held = self.read() if self.holds_run and not fresh else {}
        device, now = (
            held.get("environment", {}).get("device_name"),
            about.environment["device_name"],
        )
        if device and device != now:
            cause = f"its points were measured on {device}, this is {now}"
            raise RunError("sweep", self.root, cause, "choose another --out, or start --fresh")
        before = held.get("asked", {})
        allocators = before.get("allocators", {})
        used = allocators.get(plan.variant, plan.allocator)
        if used != plan.allocator:
            cause = f"its points were measured under {used}, not {plan.allocator}"
            raise RunError("sweep", self.root, cause, "choose another --out, or start --fresh")
        sizes = {*before.get("sizes", []), *plan.sizes}
        variants = dict.fromkeys([*before.get("variants", []), plan.variant])
        asked = plan.identity() | {
            "axis": plan.axis.as_dict(),
            "sizes": sorted(sizes),
            "variants": list(variants),
            "allocators": {**allocators, plan.variant: plan.allocator},
        }
        data = {
            "schema": SCHEMA,
            "began": held.get("began") or datetime.now(UTC).isoformat(timespec="seconds"),
            "asked": asked,
            "target": dict(about.target),
            "environment": dict(about.environment),
            "colors": dict(about.colors),
            "commands": held.get("commands", []),
        }
        write_whole(self.root / RUN_FILE, json.dumps(data, indent=2).encode())
        self.remove_leftovers()

    def copy_to(self, target: Path) -> Path:
        """Copies what samprof wrote here into another directory, which must not exist; returns it.

        Raises:
            RunError: it exists, or cannot be written.
        """
        if target.exists():
            raise RunError("save", target, "it exists already", "choose another directory")
        try:
            for name in OWN_NAMES:
                path = self.root / name
                if path.is_dir():
                    shutil.copytree(path, target / name)
                elif path.is_file():
                    copy_whole(path, target / name)
        except OSError as error:
            cause = error.strerror or str(error)
            raise RunError("save", target, cause, "choose another directory") from None
        return target

    def write_command(self, words: Sequence[str]) -> None:
        """Adds a command line to those that made the run, once."""
        if not self.holds_run:
            return
        held = self.read()
        commands = held.get("commands", [])
        if list(words) not in commands:
            data = held | {"commands": [*commands, list(words)]}
            write_whole(self.root / RUN_FILE, json.dumps(data, indent=2).encode())

    def has_point(self, size: int, variant: str) -> bool:
        """Whether the point was measured: its file is there."""
        return self.point_path(size, variant).is_file()

    def point_path(self, size: int, variant: str) -> Path:
        """The file of a point."""
        return self.root / "points" / f"{point_key(size, variant)}.json"

    def write_point(self, point: Point) -> None:
        """Writes the file of a point, whole or not at all."""
        write_whole(self.point_path(point.size, point.variant), point.as_bytes())

    def points(self) -> list[Point]:
        """All measured points, by variant and size."""
        folder = self.root / "points"
        found = [_point_in(path) for path in sorted(folder.glob("b*.json"))]
        return sorted(found, key=lambda point: (point.variant, point.size))

    def largest(self) -> dict[str, dict[str, Any]]:
        """The largest batch that fits, of each variant for which it was searched.

        Raises:
            RunError: the file is broken.
        """
        path = self.root / LARGEST_FILE
        found = read_json(path).get("variants") if path.is_file() else {}
        if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
            remedy = "delete the file and run the sweep again"
            raise RunError("read", path, "not what samprof writes there", remedy)
        return found

    def write_largest(self, variant: str, found: dict[str, Any]) -> None:
        """Writes the largest batch of a variant that fits, beside those of the others."""
        data = {"schema": SCHEMA, "variants": {**self.largest(), variant: found}}
        write_whole(self.root / LARGEST_FILE, json.dumps(data, indent=2).encode())

    def read(self) -> dict[str, Any]:
        """What run.json holds.

        Raises:
            RunError: it cannot be read, or another version of samprof wrote it.
        """
        path = self.root / RUN_FILE
        data = read_json(path)
        if data.get("schema") != SCHEMA:
            cause = "a run that another version of samprof wrote"
            raise RunError(
                "read", path, cause, "measure again: the same samprof sweep with --fresh"
            )
        check_run_file(data, path)
        return data

    @property
    def holds_run(self) -> bool:
        """Whether a sweep was begun here."""
        return (self.root / RUN_FILE).is_file()

    def _compare(self, held: dict[str, Any], plan: Plan) -> None:
        differing = differences(held.get("asked", {}), json.loads(json.dumps(plan.identity())))
        if differing:
            cause = f"it belongs to another sweep ({'; '.join(differing)})"
            raise RunError("sweep", self.root, cause, "choose another --out, or start --fresh")

    def remove_leftovers(self) -> None:
        """Removes what sweeps that were killed left half written, and runs that were set aside.

        Raises:
            RunError: something cannot be removed.
        """
        with self._changing():
            remove_leftovers(self.root, OWN_NAMES)

    def _set_run_aside(self) -> None:
        """Takes an earlier run out of sight, only where it is certain that samprof wrote it.

        Points first: tables without them are no run. run.json is replaced later, never missing.
        """
        if self.holds_run:
            with self._changing():
                set_aside(self.root, ("points", *(name for name in OWN_NAMES if name != RUN_FILE)))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cause = error.strerror or str(error)
            raise RunError("sweep", self.root, cause, "choose another --out") from None


def _point_in(path: Path) -> Point:
    """The point in a file that bears its name.

    Raises:
        RunError: the file holds something else.
    """
    point = Point.from_dict(read_json(path), path)
    if path.stem != point.key:
        remedy = "delete the file and resume the sweep"
        raise RunError("read", path, f"it holds the point {point.key}", remedy)
    return point
