"""How two questions differ, and the names of their directories."""

from dataclasses import replace

import pytest

from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.differences import asked_besides, differences

PLAN = Plan({"factory": "a:b", "model": "small", "images": "/data/photos"}, (1, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"warmup": 0}, ["warmup: 2 there, 0 now"]),
        ({"sizes": (4,)}, []),
        ({"target": PLAN.target | {"images": "/x"}}, ["images: /data/photos there, /x now"]),
        (
            {"target": {"factory": "a:b", "model": "small"}},
            ["images: /data/photos there, not given now"],
        ),
        (
            {"repeats": 3, "warmup": 1, "granularity": "op", "target": {"factory": "c:d"}},
            [
                "factory: a:b there, c:d now",
                "repeats: not given there, 3 now",
                "warmup: 2 there, 1 now",
                "and 3 more",
            ],
        ),
    ],
)
def test_what_differs_is_named(change: dict[str, object], words: list[str]) -> None:
    other = replace(PLAN, **change)  # type: ignore[arg-type]
    assert differences(PLAN.identity(), other.identity()) == words


def test_other_questions_have_other_names() -> None:
    targets = [
        {"model": "small"},
        {"model": "small", "prompts": 8},
        {"model": "small", "images": "/a/photos"},
        {"model": "small", "images": "/b/photos"},
        {"model": "small", "kind": "boxes"},
    ]
    plans = [replace(PLAN, target=target) for target in targets]
    plans += [replace(PLAN, warmup=0), replace(PLAN, repeats=1), replace(PLAN, granularity="op")]
    names = ["-".join(asked_besides(plan)) for plan in plans]
    assert len(set(names)) == len(plans)
    assert names[0] == ""
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._") for name in names)
