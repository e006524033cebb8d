"""Settings that all tests share."""

import os
import tempfile

from hypothesis import settings

# No timed assertions: a slow machine is no failure. The same examples every time.
settings.register_profile("samprof", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("samprof")

# What samprof keeps for the user, peaks of devices, is neither read nor written by tests.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="samprof-tests-")

# Hugging Face's models are built from configurations: nothing may ask the hub.
os.environ["HF_HUB_OFFLINE"] = "1"
