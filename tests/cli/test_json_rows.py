"""Rows as JSON: in pieces, the same text as at once."""

import json

import pandas as pd
import pytest

from samprof.cli import json_rows as module
from samprof.cli.json_rows import json_rows


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 7])
def test_the_pieces_together_are_the_whole(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    table = pd.DataFrame(
        {
            "path": [f'a"{row}/\n\\/\\\\/\x7f]é' for row in range(rows)],
            "ns": [row / 3 for row in range(rows)],
        }
    )
    whole = json.loads(table.to_json(orient="records", double_precision=15))
    pieces = list(json_rows(table))
    assert "".join(pieces) == json.dumps(whole, indent=1) + "\n"
    assert len(pieces) == 1 + (rows + 1) // 2
