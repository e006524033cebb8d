"""SIGTERM: an exception in the process of the command, the end of those that it has forked."""

import os
import signal

import pytest

from samprof.cli.terminate import Terminated, heeding_sigterm

SURVIVED = 7


def test_it_is_raised_once_and_the_signal_is_as_before() -> None:
    raised = 0
    with heeding_sigterm():
        for _ in range(2):  # the second comes while what the first one ended is being removed
            try:
                signal.raise_signal(signal.SIGTERM)
            except Terminated:
                raised += 1
    assert raised == 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_ends_by_it_although_exceptions_get_lost_there() -> None:
    with heeding_sigterm():
        child = os.fork()
        if child == 0:
            try:
                signal.raise_signal(signal.SIGTERM)
            except BaseException:
                pass  # as where Python calls what is registered for a fork
            finally:
                os._exit(SURVIVED)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM


def test_a_program_that_heeds_it_in_its_own_way_is_left_to_that() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    try:
        with heeding_sigterm():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]
