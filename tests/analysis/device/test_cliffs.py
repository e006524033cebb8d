"""Cliffs: the first size past a limit, from sizes below it."""

from samprof.analysis.device.cliffs import Cliff, cliffs_of


def test_windows_of_sam_2_pass_the_grid_at_batch_64() -> None:
    held = {size: {"attention": [1024 * size, "sdpa"]} for size in (1, 8, 16)}
    assert cliffs_of(held) == [Cliff("attention", 64, "sdpa", 65_536)]


def test_scores_of_vit_b_pass_32_bits_at_batch_11() -> None:
    held = {size: {"elements": [size * 12 * 4096**2, "add"]} for size in (2, 8)}
    assert cliffs_of(held) == [Cliff("elements", 11, "add", 11 * 12 * 4096**2)]


def test_a_size_that_is_past_it_already_is_told_from_where() -> None:
    held = {size: {"attention": (1000 * size, "sdpa")} for size in (10, 100)}
    assert [one.size for one in cliffs_of(held)] == [66]


def test_what_is_far_beyond_or_does_not_grow_is_not_told() -> None:
    assert cliffs_of({1: {"attention": (1024, "sdpa")}, 2: {"attention": (2048, "sdpa")}}) == []
    assert cliffs_of({1: {"elements": (2**30, "add")}, 8: {"elements": (2**30, "add")}}) == []
    assert cliffs_of({}) == []


def test_odd_data_of_a_run_directory_tells_nothing() -> None:
    assert cliffs_of({1: {"attention": ["many", 3]}, 2: {"attention": [1]}}) == []
