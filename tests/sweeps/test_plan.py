"""What a sweep is asked: sizes, orders, and what makes two sweeps the same one."""

import pytest

from samprof.errors import UsageError
from samprof.sweeps.plan import Plan, measuring

PLAN = Plan(target={"model": "x"}, sizes=(1, 2, 4, 8, 16))


def test_each_round_has_an_order_of_its_own_the_same_every_time() -> None:
    assert PLAN.order(3) == PLAN.order(3)
    orders = {PLAN.order(number) for number in range(8)}
    assert len(orders) > 4
    assert all(sorted(order) == list(PLAN.sizes) for order in orders)


def test_a_plan_survives_json() -> None:
    assert Plan.from_dict(PLAN.as_dict()) == PLAN


def test_more_sizes_variants_rounds_and_time_are_the_same_sweep() -> None:
    other = Plan(
        target={"model": "x"},
        sizes=(3,),
        variant="bf16",
        rounds=9,
        precision=0.1,
        time_limit_s=5.0,
        allocator="tcmalloc",
    )
    assert other.identity() == PLAN.identity()


@pytest.mark.parametrize("change", [{"repeats": 3}, {"warmup": 0}, {"granularity": "op"}])
def test_another_way_of_measuring_is_another_sweep(change: dict[str, object]) -> None:
    other = Plan(target={"model": "x"}, sizes=(1, 2), **change)  # type: ignore[arg-type]
    assert other.identity() != PLAN.identity()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rounds": 0}, "rounds=0: not a count"),
        ({"repeats": -1}, "repeats=-1: not a count"),
        ({"warmup": -1}, "warmup=-1: not a count"),
        ({"precision": 3}, "precision=3: not a share; give one such as 0.03"),
        ({"time_limit_s": 0.0}, "time limit 0.0: not a time"),
    ],
)
def test_bad_settings_are_one_line(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        measuring(**options)  # type: ignore[arg-type]
