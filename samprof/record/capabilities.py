"""What torch can profile and compile on this machine, and why not."""

import importlib.util
import os
import shutil
import sys

import torch
from torch.profiler import ProfilerActivity

from samprof.record.ranges.entering import fast_record_function


def what_is_missing(device: torch.device) -> dict[str, str]:
    """Why something does not work here; an empty text where it does."""
    activities = torch.profiler.supported_activities()  # type: ignore[no-untyped-call]
    gpu = torch.cuda.is_available()
    fast = fast_record_function()[1] == "_RecordFunctionFast"
    slower = "this torch has record_function only, which is slower"
    return {
        "profiling CPU": "" if ProfilerActivity.CPU in activities else "torch.profiler cannot",
        "profiling CUDA": _no_cuda_profiling(ProfilerActivity.CUDA in activities),
        "torch.compile": _no_compiling(device),
        "cudagraph": "" if gpu else "it needs a CUDA device",
        "fast record function": "" if fast else slower,
    }


def _no_cuda_profiling(supported: bool) -> str:
    if torch.version.cuda is None and torch.version.hip is None:
        return "this torch was built without CUDA"
    if not torch.cuda.is_available():
        return "no CUDA device, or no driver for it"
    return "" if supported else "torch.profiler finds no CUPTI"


def _no_compiling(device: torch.device) -> str:
    try:
        # Compiles nothing before it is called, but raises where this Python is not supported.
        torch.compile(torch.nn.Identity())
    except Exception as error:  # torch's own words for what it lacks
        return str(error).partition("\n")[0] or type(error).__name__
    default = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    compiler = os.environ.get("CXX") or default
    if shutil.which(compiler) is None:
        return f"no C++ compiler: {compiler} is not there (install it, or set CXX)"
    # By its module: builds for ROCm, for Windows and nightly ones are packages of other names.
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        return "triton is not installed, and torch.compile needs it for a GPU"
    return ""
