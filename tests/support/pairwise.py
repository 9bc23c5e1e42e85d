# SPDX-License-Identifier: BSD-2-Clause
"""
A few cells of a table, so that any two values which stand in one cell of it stand in
one of them: what goes wrong by two of a cell's values together is found as well as
by all cells. The same for the same table.
"""
import heapq
import itertools
import random


def pairs(cell):
    """Of a tuple: any two of its values, with where they stand."""
    return set(itertools.combinations(enumerate(cell), 2))


def choose(cells):
    """
    Each time the one that has most pairs which none before it has; of several any,
    lest all have the first values of all. What a cell adds never grows: who was first
    is asked again, and is chosen if it still is.
    """
    cells = random.Random(1).sample(cells, len(cells))
    missing = set().union(*map(pairs, cells))
    heap = [(-len(pairs(cell)), at) for at, cell in enumerate(cells)]
    chosen = []
    while missing:
        at = heap[0][1]
        added = pairs(cells[at]) & missing
        heapq.heapreplace(heap, (-len(added), at))
        if added and heap[0][1] == at:
            chosen.append(cells[at])
            missing -= added
    return chosen
