"""The layout: imports point one way, reading needs no torch, every docstring example runs."""

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import samprof

PACKAGE = Path(samprof.__file__).parent
RANK = {
    "_version": 0,
    "errors": 0,
    "files": 0,
    "markup": 0,
    "processes": 0,
    "units": 0,
    "trace": 1,
    "analysis": 2,
    "report": 3,
    "bridges": 4,
    "record": 5,
    "sweep": 6,
    "sam": 7,
    "api": 8,
    "cli": 9,
    "__init__": 9,
    "__main__": 10,
}
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(PACKAGE)], "samprof."))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    parts = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names = [node.module]
            if node.module == "samprof":
                names = [f"samprof.{alias.name}" for alias in node.names]
        parts |= {name.split(".")[1] for name in names if name.startswith("samprof.")}
    return parts


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_point_downwards(path: Path) -> None:
    own = part_of(path)
    for other in imported_parts(path) - {own}:
        assert RANK[other] < RANK[own], f"{path.name} imports {other}"


def test_every_part_has_a_rank() -> None:
    assert {part_of(path) for path in PACKAGE.rglob("*.py")} <= set(RANK)


def test_the_public_names_are_there_and_nothing_else_is_promised() -> None:
    assert all(hasattr(samprof, name) for name in samprof.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = samprof.nothing


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    if name == "samprof.sweep.worker":
        pytest.skip("a program, without examples")
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_reading_a_trace_imports_no_torch(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text('{"traceEvents": []}')
    code = f"import samprof\nt = samprof.load({str(path)!r})\nt.layers()\nt.kernels()\nt.check()"
    assert "torch" not in modules_after(code)


def test_importing_samprof_imports_nothing_heavy() -> None:
    assert not {"torch", "numpy", "pandas", "rich"} & modules_after("import samprof")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "from samprof.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "try: main(['layers', '--help'])\n"
        "except SystemExit: pass"
    )
    assert not {"torch", "numpy", "pandas", "rich"} & modules_after(code)
