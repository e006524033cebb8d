"""The layout: imports point one way and never in a circle, files are small and have their tests."""

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
    "printable": 0,
    "errors": 1,
    "files": 1,
    "markup": 1,
    "processes": 1,
    "units": 1,
    "trace": 2,
    "analysis": 3,
    "report": 4,
    "integrations": 5,
    "record": 6,
    "sweeps": 7,
    "prediction": 8,
    "sam": 9,
    "script": 10,
    "testing": 10,
    "texts": 10,
    "verify": 10,
    "api": 11,
    "tensorboard_plugin": 11,
    "__init__": 12,
    "cli": 13,
    "__main__": 14,
}
TESTS = Path(__file__).parent
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
NAMES = set(FILES)
TYPE_CHECKING = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
PROGRAMS = {
    "samprof.sweeps.measure.processes.fork_server",
    "samprof.sweeps.measure.processes.worker",
    "samprof.testing.__main__",
    "samprof.testing.fuzz.__main__",
}
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(PACKAGE)], "samprof."))
LONGEST_FILE = 300
FLOORS = {
    "trace": [{"model", "flops"}, {"read", "tables"}, {""}, {"ranks"}],
    "analysis": [{"statistics"}, {"scaling"}, {"device", "compare"}, {"verdict"}],
    "record": [{"device", "ranges"}, {""}],
    "sweeps.run": [{"stored"}, {"tables"}, {""}],
    "sweeps.measure": [{"machine"}, {""}, {"processes"}],
}
"""Folder -> its rooms, from the lowest floor up; the empty name is what stands in the folder itself."""
TESTED = [
    *(f"trace/{room}" for room in ("read", "model", "flops", "tables", "ranks")),
    *(f"analysis/{room}" for room in ("statistics", "scaling", "device", "compare", "verdict")),
]
"""Folders in which every module has a test file of its name, in the same folder of tests/."""
WITHOUT_OWN_TESTS = {
    "trace/read/parallel_worker": "a program; tests of `parallel` run it",
    "trace/ranks/rank_worker": "a program; tests of `readers` run it",
}


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


def imported_modules(path: Path) -> set[str]:
    """The modules of samprof that a file imports, those inside functions included.

    `from package import name` is the module `package.name` if there is one, else `package`. What is
    imported for type checkers only does not count.
    """
    found = set()
    queue: list[ast.AST] = [ast.parse(path.read_text())]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in TYPE_CHECKING:
            queue += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in NAMES else node.module for name in names}
        queue += ast.iter_child_nodes(node)
    return found & NAMES


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """The groups of modules that reach one another."""
    reached = {}
    for name in imports:
        seen: set[str] = set()
        queue = [name]
        while queue:
            new = imports[queue.pop()] - seen
            seen |= new
            queue += new
        reached[name] = seen
    groups = {
        frozenset(other for other in seen if name in reached[other])
        for name, seen in reached.items()
        if name in seen
    }
    return sorted(map(set, groups), key=sorted)


def test_no_imports_go_in_a_circle() -> None:
    imports = {name: imported_modules(path) for name, path in FILES.items()}
    assert circles(imports) == []


def test_a_circle_is_found_and_named() -> None:
    imports = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set(), "e": {"e"}}
    assert circles(imports) == [{"a", "b", "c"}, {"e"}]


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_between_rooms_point_downwards(folder: str) -> None:
    floor = {room: level for level, rooms in enumerate(FLOORS[folder]) for room in rooms}
    inside = f"samprof.{folder}"

    def room_of(name: str) -> str | None:
        """The room of a module; None outside of the folder."""
        if FILES[name].name != "__init__.py":
            name = name.rpartition(".")[0]
        if name != inside and not name.startswith(f"{inside}."):
            return None
        return name.removeprefix(inside).removeprefix(".").partition(".")[0]

    for name, path in FILES.items():
        own = room_of(name)
        if own is None:
            continue
        for other in map(room_of, sorted(imported_modules(path))):
            if other not in (own, None):
                assert floor[other] < floor[own], f"{name} imports {other}"


@pytest.mark.parametrize("folder", FLOORS)
def test_every_room_has_a_floor(folder: str) -> None:
    rooms = {path.parent.name for path in PACKAGE.joinpath(*folder.split(".")).glob("*/*.py")}
    assert rooms == set.union(*FLOORS[folder]) - {""}


def test_no_file_is_long() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text().splitlines())
        for path in FILES.values()
    }
    assert {name for name, lines in lengths.items() if lines > LONGEST_FILE} == set()


def test_every_core_module_has_a_test_file_of_its_name() -> None:
    missing = set()
    for folder in TESTED:
        tests = {path.name for path in (TESTS / folder).rglob("test_*.py")}
        for path in (PACKAGE / folder).glob("*.py"):
            if path.name != "__init__.py" and f"test_{path.name}" not in tests:
                missing.add(f"{folder}/{path.stem}")
    assert missing == set(WITHOUT_OWN_TESTS)


def test_every_part_has_a_rank() -> None:
    assert {part_of(path) for path in PACKAGE.rglob("*.py")} <= set(RANK)


def test_the_public_names_are_there_and_nothing_else_is_promised() -> None:
    assert all(hasattr(samprof, name) for name in samprof.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = samprof.nothing


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    if name in PROGRAMS:
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
        "from samprof.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "try: main(['layers', '--help'])\n"
        "except SystemExit: pass"
    )
    assert not {"torch", "numpy", "pandas", "rich"} & modules_after(code)
