"""The mask decoder in onnxruntime, whole and quantised, against PyTorch: same inputs, results first.

python examples/06_onnx_decoder.py
"""

import sys

import samprof
from samprof.report.components import components_text


def main(model: str = "small", directory: str = "runs/example-06") -> None:
    """Prints how far the results are off, then the time of each way."""
    run = samprof.components("onnx", model=model, size=4, repeats=3, warmup=1, out=directory)
    for point in run.points().to_dict("records"):
        if point["status"] != "ok":
            print(f"{point['variant']}: {point['message']}")
        elif point["deviation"] == point["deviation"]:
            export = point["prepare_ns"] / 1e9
            print(
                f"{point['variant']}: off by {point['deviation']:.1e}, exported in {export:.1f} s"
            )
    ok = set(run.points().query("status == 'ok'")["variant"])
    tables = {way: run.components(variant=way) for way in run.variants() if way in ok}
    print(components_text(tables, 100))


if __name__ == "__main__":
    main(*sys.argv[1:])
