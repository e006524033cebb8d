"""`samprof tensorboard`: bad input is one line; tests/integrations/tensorboard starts it."""

import pytest
import torch

import samprof
from samprof.cli.main import main
from samprof.sweeps.run.run import Run
from tests.support.targets import WIDTH, Net


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of one size."""
    out = tmp_path_factory.mktemp("runs") / "one"
    return samprof.sweep(Net(), torch.ones(1, WIDTH), [1], out=out, name="net", rounds=1, repeats=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "load: nowhere: no such file"),
        (["RUN", "--port", "99999"], "tensorboard: --port 99999: no such port; give 0 to 65535"),
        (["RUN", "--port", "many"], "argument --port: invalid int value: 'many'"),
    ],
)
def test_bad_input_is_one_line(
    run: Run, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [str(run.path) if word == "RUN" else word for word in arguments]
    assert main(["tensorboard", *chosen]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
