"""One archive of the small files that a verification leaves."""

from __future__ import annotations

import tarfile
from pathlib import Path

from samprof.files import written_whole

ARCHIVE = "verify.tar.gz"
_PACKED = ("results.json", "checks.txt", "published.md", "traces", "figures")


def pack(out: Path) -> Path:
    """Packs what is small into one archive, so that it can be fetched from the machine in one piece."""
    path = out / ARCHIVE
    with written_whole(path) as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in _PACKED:
            if (out / name).exists():
                archive.add(out / name, arcname=name)
    return path
