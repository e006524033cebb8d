"""What only one side of a comparison has: its outermost rows stand for what is inside of them."""

import numpy as np
import pandas as pd

from samprof.analysis.compare.changes import ONE_SIDED
from samprof.trace.model.names import OWNERLESS_NAMES


def outermost(table: pd.DataFrame) -> pd.DataFrame:
    """The rows without those inside a row that, as they do, only one side has.

    Args:
        table: columns path, depth, change; of each size by itself, in the order in which layers were
            entered.

    Example:
        >>> rows = pd.DataFrame({"path": ["net", "net.a", "net.a.b"], "depth": [0, 1, 2]})
        >>> outermost(rows.assign(change=["slower", "only in b", "only in b"]))["path"].tolist()
        ['net', 'net.a']
    """
    shown = []
    change, depth = "", 0
    for here, how in zip(table["depth"], table["change"], strict=True):
        inside = bool(change) and how == change and here > depth
        shown.append(not inside)
        if not inside:
            change, depth = how if how in ONE_SIDED else "", here
    return table[np.array(shown, bool)]


def one_sided_text(table: pd.DataFrame, change: str, name: str, *, folded: bool) -> str:
    """How many rows only this side has, and what stands for them in the table; empty if it has none.

    Args:
        table: one row per path.
        change: "only in a" or "only in b".
        name: what the side is called.
        folded: only the `outermost` are shown.

    Example:
        >>> rows = pd.DataFrame({"path": ["net.a", "net.a.b"], "depth": [1, 2]})
        >>> one_sided_text(rows.assign(change="only in b"), "only in b", "new", folded=True)
        '2 rows are only in new; those inside others are not shown (--depth 2 shows them).'
    """
    own = (table["change"] == change) & ~table["path"].isin(OWNERLESS_NAMES)
    count = int(own.sum())
    if not count:
        return ""
    text = f"{'1 row is' if count == 1 else f'{count} rows are'} only in {name}"
    hidden = own & ~table.index.isin(outermost(table).index)
    if folded and hidden.any():
        deepest = int(table.loc[hidden, "depth"].max())
        text += f"; those inside others are not shown (--depth {deepest} shows them)"
    return f"{text}."
