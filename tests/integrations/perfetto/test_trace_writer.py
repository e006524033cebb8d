"""The written file: compressed or not, the same bytes each time."""

import gzip
from pathlib import Path

from samprof.integrations.perfetto.export import export
from tests.support.exports import (
    three_steps,
)


def test_plain_and_compressed_exports_are_the_same(tmp_path: Path) -> None:
    source = three_steps().write(tmp_path / "trace.json.gz")
    export(source, tmp_path / "out.json", tracks=True)
    export(source, tmp_path / "out.json.gz", tracks=True)
    packed = (tmp_path / "out.json.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "out.json").read_bytes()
    export(source, tmp_path / "out.json.gz", tracks=True)
    assert (tmp_path / "out.json.gz").read_bytes() == packed
