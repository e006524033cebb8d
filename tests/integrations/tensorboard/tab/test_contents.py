"""What of a log directory is shown, and that nothing outside of it is."""

import json
import os
from pathlib import Path

from samprof.errors import RunError
from samprof.integrations.tensorboard.tab.contents import Entry, PointFile, RunKind, entries_below

TRACE = '{"traceEvents": []}'


def points(folder: Path) -> list[PointFile]:
    if (folder / "broken").exists():
        raise RunError("read", folder, "broken", "mend it")
    return [PointFile("batch 1", folder / "traces" / "b0001" / "rank0.json")]


KIND = RunKind("run.json", ("traces", "tensorboard"), points)


def shown(*roots: Path) -> list[tuple[str, bool]]:
    return [(entry.title, entry.is_run) for entry in entries_below(roots, KIND)]


def put(path: Path, text: str = TRACE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_runs_come_with_their_points_and_traces_after_them(tmp_path: Path) -> None:
    put(tmp_path / "a.json")
    put(tmp_path / "vit" / "run.json", "{}")
    put(tmp_path / "vit" / "traces" / "b0001" / "rank0.json")
    put(tmp_path / "vit" / "traces" / "b0002" / "not-of-a-point.json")
    put(tmp_path / "vit" / "tensorboard" / "plugins" / "profile" / "x" / "w.pt.trace.json")
    assert shown(tmp_path) == [("vit", True), ("batch 1", False), ("a.json", False)]
    run, point, trace = entries_below([tmp_path], KIND)
    assert (point.run, trace.run) == (run.key, "")
    assert len({run.key, point.key, trace.key}) == 3


def test_names_of_torchs_handler_are_told_as_worker_and_time(tmp_path: Path) -> None:
    for stamp in ("1764331200123", "1764331200123456789"):
        put(tmp_path / "plugins" / "profile" / "net" / f"host_7.{stamp}.pt.trace.json")
    titles = [title for title, _ in shown(tmp_path)]
    assert all(title.startswith("net/host_7, 2025-11-28 ") for title in titles)
    assert len(titles) == 2


def test_what_is_no_trace_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "settings.json", json.dumps({"a": [1, 2]}))
    put(tmp_path / "list.json", "[1, 2]")
    put(tmp_path / "broken.json.gz", "\x1f\x8b")
    put(tmp_path / "notes.txt")
    put(tmp_path / ".hidden" / "a.json")
    put(tmp_path / "chrome.json", '[{"ph": "X"}]')
    assert shown(tmp_path) == [("chrome.json", False)]


def test_no_link_leads_out_of_the_log_directory(tmp_path: Path) -> None:
    inside, outside = tmp_path / "logs", put(tmp_path / "secret" / "a.json")
    put(inside / "run" / "run.json", "{}")
    (inside / "run" / "traces" / "b0001").mkdir(parents=True)
    (inside / "run" / "traces" / "b0001" / "rank0.json").symlink_to(outside)
    (inside / "link.json").symlink_to(outside)
    (inside / "folder").symlink_to(outside.parent)
    assert shown(inside) == [("run", True)]


def test_a_trace_under_two_names_is_shown_once(tmp_path: Path) -> None:
    trace = put(tmp_path / "run" / "traces" / "b0001" / "rank0.json")
    put(tmp_path / "run" / "run.json", "{}")
    span = tmp_path / "plugins" / "profile" / "b0001" / "samprof-rank0.1.pt.trace.json"
    span.parent.mkdir(parents=True)
    os.link(trace, span)
    assert shown(tmp_path) == [("run", True), ("batch 1", False)]


def test_a_copy_of_a_run_is_shown_where_the_run_itself_is_not(tmp_path: Path) -> None:
    copy = put(tmp_path / "logs" / "plugins" / "samprof" / "vit" / "run.json", '{"of": "vit"}')
    other = put(tmp_path / "logs" / "plugins" / "samprof" / "sam" / "run.json", '{"of": "sam"}')
    profiles = tmp_path / "logs" / "plugins" / "profile"
    put(profiles / "b0001" / "samprof-rank0.1.pt.trace.json")
    put(copy.parent / "traces" / "b0001" / "rank0.json")  # no link: it was copied
    assert shown(tmp_path / "logs") == [("sam", True), ("vit", True), ("batch 1", False)]
    run = put(tmp_path / "vit" / "run.json", copy.read_text())
    found = shown(run.parent, tmp_path / "logs")
    assert found[:2] == [("vit", True), ("sam", True)]
    # The run went on since its own log directory was written.
    put(run.parent / "tensorboard" / "plugins" / "samprof" / "vit" / "run.json", "{}")
    assert shown(run.parent, run.parent / "tensorboard") == [("vit", True)]
    assert other.exists()


def test_what_is_below_two_roots_is_shown_once(tmp_path: Path) -> None:
    put(tmp_path / "vit" / "run.json", "{}")
    put(tmp_path / "a.json")
    assert shown(tmp_path / "vit", tmp_path, tmp_path) == [("vit", True), ("a.json", False)]


def test_a_run_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    put(tmp_path / "old" / "run.json", "{}")
    put(tmp_path / "old" / "broken", "")
    (found,) = entries_below([tmp_path], KIND)
    assert isinstance(found, Entry)
    assert found.message.endswith("broken; mend it")
