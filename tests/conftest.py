"""Settings that all tests share."""

from hypothesis import settings

# No timed assertions: a slow machine is no failure. The same examples every time.
settings.register_profile("samprof", deadline=None, derandomize=True)
settings.load_profile("samprof")
