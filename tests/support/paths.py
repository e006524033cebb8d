"""Where the repository is, and where the real traces of others are if they are there."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED_TRACES = Path(os.environ.get("SAMPROF_SHARED_TRACES") or ROOT.parent / "shared" / "traces")
NO_SHARED_TRACES = f"no shared traces in {SHARED_TRACES}; set SAMPROF_SHARED_TRACES to their folder"
