"""Failing assertions of the shared helpers show their values."""

import pytest

pytest.register_assert_rewrite("tests.support.tables")
