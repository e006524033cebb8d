"""What TensorBoard loads by the entry point `tensorboard_plugins`: samprof's tab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samprof.integrations.tensorboard.tab.plugin import TabPlugin
from samprof.sweeps.run.tab import page_of_runs, run_kind

if TYPE_CHECKING:
    from tensorboard.plugins.base_plugin import TBContext


class SamprofPlugin(TabPlugin):
    """The runs and traces below TensorBoard's log directory.

    Args:
        context: TensorBoard's.
        also: another directory to show, before the log directory.
    """

    def __init__(self, context: TBContext, also: Path | None = None) -> None:
        super().__init__(context, run_kind(), page_of_runs, also)
