"""The arguments that say which model runs, and where."""

import argparse
from typing import Any

from samprof.errors import ModelError
from samprof.sam.names import AUTO, DTYPES, MODEL_OPTIONS, MODELS, WORKLOADS
from samprof.sweep.target import Recipe


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, checkpoint, device, dtype."""
    parser.add_argument(
        "--model",
        default=AUTO,
        metavar="NAME",
        help=f"{', '.join(MODELS)}; small is the same classes at a small size (default: vit_b on a "
        "GPU, small on a CPU)",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="the model's .pth file (default: random weights, which take the same time)",
    )
    parser.add_argument("--device", default=AUTO, help="cpu, cuda, cuda:1 (default: a GPU if any)")
    parser.add_argument(
        "--dtype", default=DTYPES[0], metavar="TYPE", help=f"{', '.join(DTYPES)} (default: float32)"
    )
    parser.add_argument(
        "--factory",
        metavar="MODULE:FUNCTION",
        help="instead of a SAM model: a function that returns a samprof.sweep.target.Target",
    )


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The image encoder, or the factory, that the arguments ask for.

    Raises:
        ModelError: an unknown model or dtype.
    """
    if options.factory:
        return Recipe(options.factory)
    return Recipe(WORKLOADS["encode"].factory, model_arguments(options))


def model_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of every workload that say which model.

    Raises:
        ModelError: an unknown model or dtype.
    """
    if options.model not in (AUTO, *MODELS):
        remedy = f"use one of {', '.join(MODELS)}"
        raise ModelError("model", options.model, "unknown model", remedy)
    if options.dtype not in DTYPES:
        raise ModelError("model", options.dtype, "unknown dtype", f"use one of {', '.join(DTYPES)}")
    return {name: getattr(options, name) for name in ("model", *MODEL_OPTIONS)}
