"""The mask decoder in onnxruntime, whole and quantised, against PyTorch: same inputs, results first.

python examples/06_onnx_decoder.py
"""

import sys

import samprof


def main(model: str = "small", directory: str = "runs/example-06") -> None:
    """Prints the relative error and the time of each mode."""
    run = samprof.measure_workload(
        "onnx", model=model, size=4, rounds=2, repeats=2, warmup=1, out=directory
    )
    for point in run.points().to_dict("records"):
        if point["status"] != "ok":
            print(f"{point['variant']}: {point['message']}")
        elif point["relative_error"] == point["relative_error"]:
            export = point["setup_ns"] / 1e9
            print(
                f"{point['variant']}: relative error {point['relative_error']:.1e}, "
                f"exported in {export:.1f} s"
            )
    print(samprof.text(run, "components"))


if __name__ == "__main__":
    main(*sys.argv[1:])
