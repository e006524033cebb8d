"""Ops that read or write elements by index, against what torch calls."""

import torch

from samprof.trace.flops.registry import OpCost
from tests.support.op_inputs import costs


def test_what_is_indexed_is_read_and_written_once() -> None:
    x, places = torch.ones(4, 6), torch.tensor([3, 0])
    rows = torch.tensor([[1, 1, 2, 0, 3, 3]])
    wide = torch.zeros(9, 6, dtype=torch.long)
    # 8 bytes per index, 4 per element.
    assert costs(lambda: x.index_select(0, places), "index_select") == [
        OpCost(0, 0, 8 * 2 + 4 * (12 + 12))
    ]
    assert costs(lambda: x.index_select(-1, places), "index_select") == [
        OpCost(0, 0, 8 * 2 + 4 * (8 + 8))
    ]
    assert costs(lambda: x.gather(0, rows), "gather") == [OpCost(0, 0, 8 * 6 + 4 * (6 + 6))]
    # 54 are written; more than the 24 that there are need not be read.
    assert costs(lambda: x.gather(0, wide), "gather") == [OpCost(0, 0, 8 * 54 + 4 * (24 + 54))]
    embed = torch.nn.functional.embedding
    assert costs(lambda: embed(places, x), "embedding") == [OpCost(0, 0, 8 * 2 + 4 * (12 + 12))]
    assert costs(lambda: x.clone().index_fill_(1, places, 0.0), "index_fill_") == [
        OpCost(0, 0, 8 * 2 + 4 * 8)
    ]


def test_scatter_writes_one_element_per_index() -> None:
    x, rows, values = torch.ones(4, 6), torch.tensor([[1, 1, 2, 0, 3, 3]]), torch.ones(2, 6)
    # 6 indices and 6 values are read, 6 elements written.
    assert costs(lambda: x.scatter_(0, rows, values), "scatter_") == [OpCost(0, 0, 48 + 24 + 24)]
    assert costs(lambda: x.scatter_(0, rows, 1.0), "scatter_") == [OpCost(0, 0, 48 + 24)]
    assert costs(lambda: x.scatter_add_(0, rows, values), "scatter_add_") == [
        OpCost(6, 0, 48 + 24 + 2 * 24)
    ]
    # Into a copy: 24 elements are read and written.
    assert costs(lambda: x.scatter(0, rows, values), "scatter") == [OpCost(0, 0, 48 + 24 + 192)]
    assert costs(lambda: x.scatter_add(0, rows, values), "scatter_add") == [
        OpCost(6, 0, 48 + 24 + 192)
    ]
    multiplied = costs(lambda: x.scatter_(0, rows, 2.0, reduce="multiply"), "scatter_")
    assert multiplied == [None]


def test_the_gradient_of_rows_is_added_up() -> None:
    rows, table = torch.tensor([1, 1, 0]), torch.ones(4, 6, requires_grad=True)

    def both() -> None:
        torch.nn.functional.embedding(rows, table).backward(torch.ones(3, 6))

    # 18 elements of the gradient are read and added, 24 written.
    assert costs(both, "embedding_dense_backward") == [OpCost(18, 0, 4 * 18 + 8 * 3 + 4 * 24)]


def test_indexing_by_an_unknown_mask_is_not_guessed() -> None:
    x = torch.ones(4, 6)
    assert costs(lambda: x[x > 0], "index", "nonzero") == [None, None]


def test_the_largest_are_found_by_comparing_each_element() -> None:
    x = torch.ones(2, 3, 16)
    # 96 numbers read; of each of the 6 rows, 4 values and places of 8 bytes written.
    assert costs(lambda: x.topk(4), "topk") == [OpCost(96, 0, 4 * 96 + 24 * (4 + 8))]
    # Of the 3 rows of each, the first: 2 x 16.
    assert costs(lambda: x.topk(1, dim=1), "topk") == [OpCost(96, 0, 4 * 96 + 32 * (4 + 8))]
