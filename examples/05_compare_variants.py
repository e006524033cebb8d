"""What would SDPA or bf16 change, layer by layer? And would a slower layer be noticed?

python examples/05_compare_variants.py
"""

import sys

import samprof


def main(model: str = "small", directory: str = "runs/example-05") -> None:
    """Measures the encoder as it is and in two variants, whose results are checked first."""
    run = samprof.measure_workload(
        "encode",
        model=model,
        size=1,
        variants="eager,sdpa,bf16",
        rounds=4,
        repeats=1,
        warmup=1,
        out=directory,
    )
    points = run.points().set_index("variant")
    for variant in ("sdpa", "bf16"):
        error = points.loc[variant, "relative_error"]
        print(f"{variant}: relative error {error:.1e} against eager float32")
        table = samprof.compare(run, run, variants=("eager", variant))
        changed = table[table["change"].isin(["slower", "faster"])]
        print("Beyond noise:", ", ".join(changed["path"]) or "nothing")
    print(samprof.text(run, "variants", depth=1))
    # For CI, against an earlier run: samprof compare runs/before runs/after --gate 5%


if __name__ == "__main__":
    main(*sys.argv[1:])
