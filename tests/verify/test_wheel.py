"""The wheel holds all that the package needs: `samprof verify` runs from it, in an empty folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, as pip would install them."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: setuptools writes into the folder that it builds from.
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "samprof", source / "samprof", ignore=ignored)
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([sys.executable, "-m", *command, str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(installed: Path, empty: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


def test_the_wheel_holds_every_file_of_the_package(installed: Path) -> None:
    files = [path for path in (ROOT / "samprof").rglob("*") if path.is_file()]
    expected = [path.relative_to(ROOT) for path in files if path.suffix != ".pyc"]
    assert Path("samprof/py.typed") in expected
    assert any(path.parent.name == "templates" for path in expected)
    assert not [str(path) for path in expected if not (installed / path).is_file()]


def test_verify_runs_from_the_wheel_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", "import samprof; print(samprof.__file__)")
    assert Path(where.stdout.strip()) == installed / "samprof" / "__init__.py"
    done = run(installed, tmp_path, "-m", "samprof", "verify", "--dry", "--only", "traces")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "verify" / "results.json").is_file()
    assert ", 0 fail, " in done.stdout.splitlines()[-2]
