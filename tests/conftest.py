"""Settings that all tests share."""

import atexit
import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Failing assertions of shared helpers show their values; before anything imports them.
pytest.register_assert_rewrite("tests.support.tables")

# No timed assertions: a slow machine is no failure. The same examples every time.
settings.register_profile("samprof", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("samprof")

# In the processes that tests start, too: waiting threads spin, and several processes run at once.
os.environ["OMP_NUM_THREADS"] = "1"


def _remove_temporaries(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not in what was forked from it
        shutil.rmtree(folder, ignore_errors=True)


# What tests leave among the temporary files goes with the process that started them all, other than
# pytest's own folders.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.gettempdir()
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="samprof-tests-")
    Path(tempfile.tempdir).chmod(0o711)  # a test that becomes another user finds its own folder
    atexit.register(_remove_temporaries, tempfile.tempdir, os.getpid())

# Tests interrupt themselves, which a process that was started in the background would ignore.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What samprof keeps for the user, peaks of devices, is neither read nor written by tests.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="cache-")

# Tests run beside each other: whether the machine is quiet is no part of what they assert.
os.environ["SAMPROF_MACHINE_STATE"] = "off"

# Hugging Face's models are built from configurations: nothing may ask the hub.
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(autouse=True, scope="session")
def _peaks_are_known() -> None:
    """Every sweep would measure them: beside other tests they are never good enough to keep."""
    import torch

    from samprof.record.device.environment import device_name
    from samprof.record.device.peaks_cache import Peaks, cache_peaks

    rates = {"float32": 1e11, "bfloat16": 5e10, "float16": 5e10}
    versions = {"torch": str(torch.__version__), "threads": "1"}
    name = device_name(torch.device("cpu"))
    cache_peaks(Peaks(name, rates, 2e10, "2026-01-01", versions, "made up for tests"))


@pytest.fixture(autouse=True, scope="module")
def _what_is_imported_is_no_garbage() -> None:
    """Collections search only what came since: half a second among all that tests import."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Leaves to the collector what was kept from it: else extensions tell of leaks at exit."""
    gc.unfreeze()
