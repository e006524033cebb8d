"""Runs a command of samprof in a test."""

import pytest

from samprof.cli.main import main


def output(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What the command printed; it must end with that code."""
    assert main([str(argument) for argument in arguments]) == code
    return capsys.readouterr().out
