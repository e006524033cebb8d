"""Which packages are installed, samprof's extras among them; none of them is imported."""

import importlib.metadata
import platform
from contextlib import suppress

from samprof._version import __version__

EXTRAS = {
    "report": ("altair", "jinja2", "matplotlib", "vl-convert-python"),
    "sam": ("pillow", "pycocotools", "segment-anything", "torchvision"),
    "tensorboard": (
        *("altair", "jinja2", "matplotlib", "pillow", "tensorboard", "vl-convert-python"),
    ),
    "hta": ("HolisticTraceAnalysis",),
    "onnx": ("onnx", "onnxruntime"),
    "ray": ("ray",),
}


def installed_extras() -> dict[str, dict[str, str | None]]:
    """Extra -> package -> version; None where it is not installed."""
    return {
        extra: {package: installed(package) for package in packages}
        for extra, packages in EXTRAS.items()
    }


def versions() -> dict[str, str | None]:
    """Versions of what samprof builds on; None where it is not here."""
    import torch

    from samprof.record.device.environment import environment

    gpu = environment(torch.device("cuda")) if torch.cuda.is_available() else {}
    return {
        "samprof": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "CUDA": torch.version.cuda or torch.version.hip,
        "driver": gpu.get("driver") or None,
        "numpy": installed("numpy"),
        "pandas": installed("pandas"),
    }


def installed(package: str) -> str | None:
    """The version of a package; None if it is not installed."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None
