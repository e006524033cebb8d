"""The documentation builds as a site, offline, without a warning; nothing public is missing in it."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import samprof
from tests.docs.blocks import PAGES
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PUBLIC = {
    "samprof": [
        "profile",
        "load",
        "last",
        "scaling",
        "sweep",
        "measure_workload",
        "predict",
        "compare",
        "text",
        "build_sam",
        "ModelLabels",
        "Function",
        "Target",
        "Recording",
        "Trace",
        "Run",
        "Ranks",
        "Verdict",
    ],
    "samprof.errors": ["SamprofError", "TraceError", "RecordingError", "ModelError", "RunError"],
    "samprof.Recording": [
        *(
            "step",
            "trace",
            "layers",
            "components",
            "kernels",
            "memory",
            "scaling",
            "report",
            "save",
            "tensorboard",
            "hta",
        ),
    ],
    "samprof.Trace": ["kernels", "layers", "components", "memory", "ops", "check", "metadata"],
    "samprof.Verdict": ["best_size", "speedup", "claim", "blame", "reason", "remedy", "as_dict"],
    "samprof.Ranks": ["layers", "totals", "checks"],
    "samprof.Run": [
        *("points", "layers", "scaling", "roles", "roofline", "components", "verdict", "report"),
        *("figures", "tensorboard", "hta", "trace", "largest", "samples", "save"),
    ],
}
"""Where they are -> names that users may rely on."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (recipe,) = re.findall(r"-m (sphinx .*) docs docs/_build", (ROOT / "Makefile").read_text())
    command = [sys.executable, "-m", *recipe.split(), "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [*command, str(DOCS), str(folder / "html")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def page_of(site: Path, source: Path) -> Path:
    return site / source.relative_to(DOCS).with_suffix(".html")


@pytest.fixture(scope="module")
def sources() -> list[Path]:
    return [page for page in PAGES if page.is_relative_to(DOCS)]


def test_every_page_is_there_and_the_first_leads_to_it(site: Path, sources: list[Path]) -> None:
    (index,) = (page_of(site, source) for source in sources if source.stem == "index")
    linked = set(re.findall(r'href="([^"#]+)', index.read_text()))
    for source in sources:
        page = page_of(site, source)
        assert page.is_file()
        assert page == index or page.relative_to(site).as_posix() in linked


def test_links_inside_the_site_lead_somewhere(site: Path, sources: list[Path]) -> None:
    for source in sources:
        page = page_of(site, source)
        for link in re.findall(r'(?:href|src)="([^"]+)"', page.read_text()):
            target, _, anchor = html.unescape(link).partition("#")
            if "://" in target or target.startswith("data:"):
                continue
            found = (page.parent / target.partition("?")[0]).resolve() if target else page
            assert found.exists(), f"{page.name}: {link}"
            if anchor and found.suffix == ".html":
                assert f'id="{anchor}"' in found.read_text(), f"{page.name}: {link}"


def test_links_of_the_readme_lead_somewhere() -> None:
    (readme, *_) = PAGES
    for link in re.findall(r"\]\(([^)#]+)", readme.read_text()):
        assert "://" in link or (ROOT / link).exists(), link


@pytest.mark.parametrize("holder", PUBLIC)
def test_the_api_page_has_every_public_name(site: Path, holder: str) -> None:
    text = (site / "api.html").read_text()
    marks = {name: f"{holder}.{name}" for name in PUBLIC[holder]}
    # Attributes of a dataclass have no place of their own on the page: they are a list.
    missing = [
        name
        for name, mark in marks.items()
        if f'id="{mark}"' not in text and f"<strong>{name}</strong>" not in text
    ]
    assert not missing


def test_what_the_package_promises_is_public_here_too() -> None:
    listed = {*PUBLIC["samprof"], *PUBLIC["samprof.errors"], "__version__"}
    assert set(samprof.__all__) <= listed


def test_pages_load_nothing_from_elsewhere(site: Path, sources: list[Path]) -> None:
    loading = re.compile(
        r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//|<link[^>]+stylesheet[^>]+//'
    )
    for source in sources:
        assert not loading.search(page_of(site, source).read_text()), source.name
