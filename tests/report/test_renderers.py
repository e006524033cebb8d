"""Every renderer of text, markdown and HTML x {empty, one row, hostile names}."""

import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from matplotlib.text import Text

import samprof.report.text
from samprof.cli.doctor_text import doctor_text
from samprof.cli.script_text import script_text
from samprof.integrations.hta.kernel_figures import BY_NAME
from samprof.integrations.hta.text import figures_text
from samprof.markup import html_paragraphs, html_table
from samprof.printable import printable, printable_lines
from samprof.report.notebook import run_html
from samprof.report.page.page import Shown, run_page
from samprof.report.png.canvas import canvas, png, title_above
from samprof.report.summary import Summary
from samprof.report.text.calls import calls_text
from samprof.report.text.compare import compare_text
from samprof.report.text.compare_traces import trace_comparison_text
from samprof.report.text.components import components_text, run_components_text
from samprof.report.text.devices import devices_text
from samprof.report.text.kernels import kernels_text
from samprof.report.text.layers import layers_text
from samprof.report.text.memory import memory_text_of
from samprof.report.text.ops import ops_text
from samprof.report.text.points import points_text, reasons_text
from samprof.report.text.ranks import ranks_text, slowest_text
from samprof.report.text.run import run_text
from samprof.report.text.scaling import scaling_text
from samprof.report.text.table import Cells, Width, table_text, wrapped
from samprof.report.text.trace import notes_text, trace_text
from samprof.script.record import Ran
from samprof.script.roots import Calls, Root
from samprof.trace import load_trace
from tests.report.tables import summary, trace_layers
from tests.report.test_components_text_and_figures import table as components
from tests.report.text.test_compare import table as comparison
from tests.report.text.test_compare_traces import comparison as trace_comparison
from tests.support.hostile import UNSEEN
from tests.support.tracefile import TraceFile

HOSTILE = f"<script>alert(1)</script> a|b`c [31m エンコーダ {UNSEEN}"
WIDTHS = (40, 80, None)
Rendered = Callable[[str], list[str]]


def cut(table: pd.DataFrame, case: str) -> pd.DataFrame:
    """The table with no rows, with one, or with all of them."""
    return table.iloc[: {"empty": 0, "one row": 1}.get(case, len(table))].reset_index(drop=True)


def run_of(case: str) -> Summary:
    """A run whose tables have no rows, one, or hostile names."""
    found = summary({"enc.block": HOSTILE} if case == "hostile" else None, oom=(8,))
    scaling, points = cut(found.scaling, case), cut(found.points, case)
    times = found.times[found.times["path"].isin(scaling["path"])]
    roles = cut(found.roles, case)
    role_times = found.role_times[found.role_times["path"].isin(roles["path"])]
    tables = {"scaling": scaling, "points": points, "times": times, "roles": roles}
    return replace(found, **tables, role_times=role_times)


def named(table: pd.DataFrame, column: str, case: str) -> pd.DataFrame:
    """The table cut, with a hostile name in its first row."""
    found = cut(table, case)
    if case == "hostile":
        found.loc[0, column] = HOSTILE
    return found


def texts_of_run(case: str) -> list[str]:
    return [run_text(run_of(case), width) for width in WIDTHS]


def texts_of_scaling(case: str) -> list[str]:
    found = run_of(case)
    return [scaling_text(found.roles, found.role_times, width) for width in WIDTHS]


def texts_of_points(case: str) -> list[str]:
    return [points_text(named(summary().points, "message", case), width) for width in WIDTHS]


def texts_of_reasons(case: str) -> list[str]:
    points = named(summary().points, "message", case).assign(relative_error=1.0, error_limit=0.1)
    return [points_text(points, width) + reasons_text(points, width) for width in WIDTHS]


def texts_of_layers(case: str) -> list[str]:
    rows = [("enc", 0, 900, 100), ("enc.block", 1, 800, 800)]
    found = named(trace_layers(rows), "path", case)
    return [layers_text(found, width, time_source="device") for width in WIDTHS]


def texts_of_traces(case: str) -> list[str]:
    file = TraceFile()
    if case != "empty":
        file.range(HOSTILE if case == "hostile" else "net", 0, 10)
    with TemporaryDirectory() as folder:
        trace = load_trace(file.write(Path(folder) / "trace.json"), cache=False)
        return [trace_text(trace, width) for width in WIDTHS]


def texts_of_notes(case: str) -> list[str]:
    return [notes_text([HOSTILE], width) for width in WIDTHS]


def texts_of_kernels(case: str) -> list[str]:
    columns = {"name": ["gemm"], "kind": ["kernel"], "calls": [2], "total_ns": [10]}
    found = named(pd.DataFrame(columns | {"share": [1.0], "mean_ns": [5.0]}), "name", case)
    return [kernels_text(found, width) for width in WIDTHS]


def texts_of_ops(case: str) -> list[str]:
    columns = {"op": ["aten::mm"], "calls": [2], "time_source": ["cpu"], "time_ns": [10]}
    columns |= {"flops": [8], "flops_per_s": [8e8], "bytes_per_s": [1e9], "intensity": [0.8]}
    found = named(pd.DataFrame(columns | {"has_formula": [True]}), "op", case)
    return [ops_text(found, width) for width in WIDTHS]


def texts_of_components(case: str) -> list[str]:
    found = {"eager": named(components(device=True), "component", case)}
    two = {**found, "bf16": components(device=True)}
    return [components_text(tables, width) for tables in (found, two) for width in WIDTHS]


def texts_of_comparison(case: str) -> list[str]:
    found = named(comparison(), "path", case)
    return [compare_text(found, width, ("A", HOSTILE)) for width in WIDTHS]


def texts_of_two_traces(case: str) -> list[str]:
    name = HOSTILE if case == "hostile" else "net"
    found = trace_comparison({name: 5}, {name: 9}, names=("A", name))
    found = replace(found, table=cut(found.table, case), per=name, above=(name,), below=(name,))
    return [trace_comparison_text(found, width, ("a", name)) for width in WIDTHS]


def texts_of_components_of_run(case: str) -> list[str]:
    run, found = run_of("hostile"), named(components(device=True), "component", case)
    return [run_components_text(run, {"eager": found}, None, width) for width in WIDTHS]


def texts_of_memory(case: str) -> list[str]:
    names = ("peak_bytes", "rise_bytes", "kept_bytes", "workspace_bytes", "weights_bytes")
    row = {"path": HOSTILE, "depth": 0, "calls": 1, "device": 0, "holds_peak": True}
    found = pd.DataFrame([row | dict.fromkeys(names, 4096)])
    return [memory_text_of(found, width) for width in WIDTHS]


def ranks_of(case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = trace_layers([("net", 0, 900, 900)])
    tables = [rows.assign(rank=rank) for rank in (0, 1)]
    layers = pd.concat(tables, ignore_index=True).replace({"path": {"net": HOSTILE}})
    totals = pd.DataFrame({"rank": [0, 1], "own_ns": [900, 950], "collective_ns": [0, 5]})
    return layers, totals


def texts_of_ranks(case: str) -> list[str]:
    layers, totals = ranks_of(case)
    return [ranks_text(layers, totals, width) for width in WIDTHS]


def texts_of_slowest(case: str) -> list[str]:
    return [slowest_text(ranks_of(case)[1], width) for width in WIDTHS]


def texts_of_devices(case: str) -> list[str]:
    names = ("float32", "tf32", "bfloat16", "float16", "bytes_per_s")
    rates = {name: [1e12] for name in names}
    counts = {"memory_bytes": [2**30], "cores": [4], "cache_bytes": [2**20], "sustained": [1.0]}
    words = {"name": ["L4"], "source": [HOSTILE], "date": ["2023"]}
    found = pd.DataFrame({**words, **rates, **counts})
    return [devices_text(named(found, "name", case), width) for width in WIDTHS]


def texts_of_calls(case: str) -> list[str]:
    columns = {"root": ["net"], "type": [HOSTILE], "calls": [2], "recorded": [1]}
    columns |= {"wall_ns": [10], "per_call_ns": [5.0], "share": [1.0]}
    found = pd.DataFrame(columns).assign(size=pd.array([1], "Int64"))
    return [calls_text(named(found, "root", case), width) for width in WIDTHS]


def texts_of_script(case: str) -> list[str]:
    root = Root(HOSTILE, HOSTILE, "net", is_recorded=False)
    root.by_size[1] = Calls(1, seen=2, wall_ns=10)
    roots = [root] if case == "hostile" else []
    ran = Ran(0, 10, 1, Path(HOSTILE), roots, [HOSTILE], True, 1, HOSTILE)
    return [script_text(ran, HOSTILE, [HOSTILE], None, width) for width in WIDTHS]


def texts_of_doctor(case: str) -> list[str]:
    found = {
        "versions": {"torch": HOSTILE},
        "device": {"device": HOSTILE, "name": HOSTILE, "memory_bytes": 4096},
        "peaks": None,
        "installed": {"extra": {"package": HOSTILE}},
        "works": {"compile": {"ok": False, "why": HOSTILE}},
    }
    return [doctor_text(found, width) for width in WIDTHS if width]


def texts_of_hta(case: str) -> list[str]:
    row = {"rank": 0, "analysis": BY_NAME, "item": "gemm", "unit": "ns", "hta": 5, "samprof": 4}
    found = pd.DataFrame([row | {"difference": 1, "reason": HOSTILE}])
    found = found.astype({"samprof": "Int64", "difference": "Int64"})
    return [figures_text(named(found, "item", case), width) for width in WIDTHS]


def texts_of_tables(case: str) -> list[str]:
    columns = [Cells(HOSTILE, [HOSTILE], justify="left"), Cells("ns", ["1"])]
    return [table_text(columns, width) for width in (120, 160, None)]


def texts_of_sentences(case: str) -> list[str]:
    return [wrapped(HOSTILE, width) for width in WIDTHS]


def html(case: str) -> list[str]:
    table = html_table([HOSTILE], [[HOSTILE]], [True], HOSTILE)
    return [run_html(run_of(case)), table, html_paragraphs([HOSTILE])]


def page(case: str) -> list[str]:
    """What of the page stands in it for these names: its scripts are the same on every page."""
    text = run_page([Shown(HOSTILE, run_of(case))])
    return [line for line in text.splitlines() if "alert(1)" in line]


RENDERERS: dict[Callable[..., str], Rendered] = {
    run_text: texts_of_run,
    scaling_text: texts_of_scaling,
    points_text: texts_of_points,
    reasons_text: texts_of_reasons,
    layers_text: texts_of_layers,
    kernels_text: texts_of_kernels,
    ops_text: texts_of_ops,
    components_text: texts_of_components,
    run_components_text: texts_of_components_of_run,
    compare_text: texts_of_comparison,
    trace_comparison_text: texts_of_two_traces,
    memory_text_of: texts_of_memory,
    ranks_text: texts_of_ranks,
    slowest_text: texts_of_slowest,
    calls_text: texts_of_calls,
    devices_text: texts_of_devices,
    script_text: texts_of_script,
    doctor_text: texts_of_doctor,
    figures_text: texts_of_hta,
    table_text: texts_of_tables,
    trace_text: texts_of_traces,
    notes_text: texts_of_notes,
    wrapped: texts_of_sentences,
    run_html: html,
    run_page: page,
}


def text_renderers() -> Iterator[Callable[..., str]]:
    """All functions of `samprof.report.text` that give a text for a terminal or a pull request."""
    package = samprof.report.text
    for _, module, _ in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for name, found in vars(importlib.import_module(module)).items():
            if inspect.isfunction(found) and found.__module__ == module and name[0] != "_":
                signature = inspect.signature(found, eval_str=True)
                width = signature.parameters.get("width")
                if width and width.annotation == Width and signature.return_annotation is str:
                    yield found


def test_every_renderer_of_text_is_tried_below() -> None:
    assert set(text_renderers()) - set(RENDERERS) == set()


@pytest.mark.parametrize("case", ["empty", "one row", "hostile"])
@pytest.mark.parametrize("render", RENDERERS.values(), ids=lambda render: render.__name__)
def test_whatever_the_rows_and_names_it_is_rendered_as_data(render: Rendered, case: str) -> None:
    for text in render(case):
        assert text.strip()
        assert text == printable_lines(text)
        for markdown in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            # As many cells in every row, whatever the names.
            rows = markdown.splitlines()
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
        if render in (html, page):
            assert "<script>alert" not in text


def test_pictures_show_names_as_tables_do() -> None:
    with canvas(1, 1, (20.0, 6.0)) as (figure, (axes,)):
        names = [HOSTILE.replace("エンコーダ", ""), "b"]
        axes.barh([0, 1], [1, 2], label=names[0])
        axes.set_yticks([0, 1], names)
        axes.set(title=names[0], xlabel=names[0])
        axes.text(0, 0, names[0])
        axes.legend()
        title_above(figure, names[0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # matplotlib warns of what no font holds
            assert png(figure).startswith(b"\x89PNG")
        shown = [text.get_text() for text in figure.findobj(Text)]
    named = [text for text in shown if "script" in text]
    assert len(named) >= 6
    assert set(named) == {printable(names[0])}
    assert all(text == printable(text) for text in shown)


def test_every_picture_is_written_by_the_canvas() -> None:
    package = Path(samprof.__file__).parent
    writers = {path.name for path in package.rglob("*.py") if "savefig" in path.read_text()}
    assert writers == {"canvas.py"}
