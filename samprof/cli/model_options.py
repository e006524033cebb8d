"""The arguments that say which model runs, and where."""

import argparse
from typing import Any

from samprof.errors import ModelError
from samprof.sam.catalogue import AUTO, DTYPES, MODEL_OPTIONS, MODELS, WORKLOADS
from samprof.sweeps.target import Recipe


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, checkpoint, device, dtype."""
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model",
        default=AUTO,
        metavar="NAME",
        help=f"{', '.join(MODELS)}; small has the same classes at a small size (default: vit_b on "
        "a GPU, small on a CPU)",
    )
    model.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="the model's .pth file (default: random weights, which take the same time)",
    )
    add_device_argument(model)
    model.add_argument(
        "--dtype", default=DTYPES[0], metavar="TYPE", help=f"{', '.join(DTYPES)} (default: float32)"
    )
    model.add_argument(
        "--factory",
        metavar="MODULE:FUNCTION",
        help="instead of a SAM model: a function that returns a samprof.sweeps.target.Target; its "
        "module is looked for on the import path, then in the current directory",
    )


def add_device_argument(parser: argparse._ActionsContainer) -> None:
    """`--device`."""
    parser.add_argument(
        "--device", default=AUTO, help="cpu, cuda, cuda:1 (default: a GPU if there is one)"
    )


def add_granularity_argument(parser: argparse._ActionsContainer) -> None:
    """`--granularity`."""
    parser.add_argument(
        "--granularity",
        default="block",
        metavar="LEVEL",
        help="which layers become rows: block, layer or op (default: block)",
    )


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The image encoder, or the factory, that the arguments ask for.

    Raises:
        ModelError: an unknown model or dtype.
    """
    if options.factory:
        return Recipe.of_user(options.factory)
    return Recipe(WORKLOADS["encode"].factory, model_arguments(options))


def model_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments that tell a workload which model to run.

    Raises:
        ModelError: an unknown model or dtype.
    """
    if options.model not in (AUTO, *MODELS):
        remedy = f"use one of {', '.join(MODELS)}"
        raise ModelError("model", options.model, "unknown model", remedy)
    if options.dtype not in DTYPES:
        raise ModelError("model", options.dtype, "unknown dtype", f"use one of {', '.join(DTYPES)}")
    return {name: getattr(options, name) for name in ("model", *MODEL_OPTIONS)}
