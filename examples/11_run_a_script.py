"""Record a script that must not be changed: `samprof run` in place of `python`.

python examples/11_run_a_script.py     # or, in a shell:

samprof run --out runs/example-11 examples/scripts/masks.py --output runs/example-11-masks
"""

import subprocess
import sys
from pathlib import Path

import samprof

SCRIPT = Path(__file__).parent / "scripts" / "masks.py"


def main(directory: str = "runs/example-11") -> None:
    """Runs the script, then reads one of the traces that it left."""
    # All that follows the script is the script's. Its own output stays on stdout; the tables of
    # samprof (calls, components, layers) follow on stderr.
    command = [sys.executable, "-m", "samprof", "run", "--out", directory, "--depth", "2"]
    subprocess.run([*command, str(SCRIPT), "--output", f"{directory}-masks"], check=True)

    # Every recorded call is a trace of its own. The first call, a warm-up, is not among them.
    traces = sorted(Path(directory, "sam.generate").glob("*.pt.trace.json.gz"))
    print(f"{len(traces)} calls of SamAutomaticMaskGenerator.generate are recorded")
    components = samprof.load(traces[0]).components().set_index("component")
    print(f"the image encoder takes {components.loc['image encoder', 'share']:.0%} of one")


if __name__ == "__main__":
    main(*sys.argv[1:])
