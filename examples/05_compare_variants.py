"""What would SDPA or bf16 change, layer by layer? And would a slower layer be noticed?

python examples/05_compare_variants.py
"""

import sys

import samprof
from samprof.report.text.compare import compare_text
from samprof.sweeps.run.compare import compare_runs


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
        table = compare_runs(run.data, run.data, "eager", variant)
        print(compare_text(table, 100, names=("eager", variant), depth=1))
        changed = table[(table["change"] == "slower") | (table["change"] == "faster")]
        print("Beyond noise:", ", ".join(changed["path"]) or "nothing", end="\n\n")
    # For CI, against an earlier run: samprof compare runs/before runs/after --gate 5%


if __name__ == "__main__":
    main(*sys.argv[1:])
