import numpy as np

from indexer.storage.segments import Segments

SEGMENTS = Segments(np.array([0, 2, 2, 5, 6]))  # rows of two, none, three and one


def test_a_position_belongs_to_the_row_that_owns_it() -> None:
    assert len(SEGMENTS) == 4
    assert SEGMENTS.rows_of(np.arange(6)).tolist() == [0, 0, 2, 2, 2, 3]


def test_rows_are_gathered_in_the_given_order() -> None:
    positions, counts = SEGMENTS.gather(np.array([3, 0, 2]))
    assert positions.tolist() == [5, 0, 1, 2, 3, 4]
    assert counts.tolist() == [1, 2, 3]


def test_a_row_without_positions_gathers_nothing() -> None:
    positions, counts = SEGMENTS.gather(np.array([1, 3, 1]))
    assert positions.tolist() == [5]
    assert counts.tolist() == [0, 1, 0]


def test_no_rows_gather_nothing() -> None:
    positions, counts = SEGMENTS.gather(np.array([], np.int64))
    assert (len(positions), len(counts)) == (0, 0)
