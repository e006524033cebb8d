"""Published numbers next to ours."""

import pytest

from samprof.verify import published


def test_published_numbers_are_next_to_ours() -> None:
    found = {("vit_b", "eager", 1): {"ms": 45.2, "bytes": 2789 * 2**20}}
    rows = {
        (row["source"], row["batch"], row["figure"]): row
        for row in published.beside(found)
        if row["variant"] == "eager" and row["model"] == "vit_b"
    }
    assert rows[published.FAST, 1, "ms"]["ratio"] == pytest.approx(45.2 / 90.4)
    assert rows[published.FAST, 1, "bytes"]["ratio"] == 1
    assert rows[published.FAST, 8, "ms"]["ours"] is None
    assert rows[published.FAST, 32, "ms"]["published"] is None
    # MiB at batch 1 and 8, seven images apart.
    expected = (19934 - 2789) / 7 * 2**20
    assert published.memory_per_image("vit_b", "eager", 8) == pytest.approx(expected)
    assert published.memory_per_image("vit_b", "eager", 32) is None
