"""Where ways to pack a model stand in the drawing."""

from types import SimpleNamespace

import pytest

from webapp.tuning import charts


def row(number: int, milliseconds: float, accuracy: float):
    return SimpleNamespace(id=number, p50_ms=milliseconds, accuracy=accuracy)


def test_time_runs_on_a_logarithmic_axis_between_round_ends():
    axes = charts.axes_for([row(1, 4.3, 0.887), row(2, 61, 0.926)])
    assert (axes.low, axes.high) == (2, 100)
    assert [axes.x(value) for value in (2, 14.1421, 100, 1, 5000)] == [0, 50, 100, 0, 100]
    assert [(tick.label, tick.is_optional) for tick in charts.ticks(axes)] == [("2 ms", False), ("5", True), ("10", False), ("20", False), ("50", True), ("100", False)]


@pytest.mark.parametrize(("shares", "floor", "top"), [((0.887, 0.926), 0.88, 0.93), ((1.0, 1.0), 0.95, 1.0), ((0.5, 1.0), 0.0, 1.0), ((0.0, 0.02), 0.0, 0.03), ((0.91, 0.98), 0.9, 1.0), ((0.9, 0.98), 0.75, 1.0)])
def test_the_accuracy_axis_has_six_lines_at_most_and_every_row_lies_on_it(shares, floor, top):
    axes = charts.axes_for([row(1, 5, shares[0]), row(2, 9, shares[1])])
    assert (axes.floor, axes.top) == (floor, top) and len(charts.levels(axes)) <= 6
    assert all(0 <= axes.y(share) <= 100 for share in shares)


def test_times_that_are_alike_get_an_axis_with_room():
    axes = charts.axes_for([row(1, 7.0, 0.9), row(2, 7.1, 0.9)])
    assert axes.high / axes.low >= 9 and axes.low <= 7 and axes.high >= 7.1


def test_the_best_line_runs_through_its_rows_and_they_are_drawn_last():
    rows = [row(1, 10, 0.9), row(2, 20, 0.89), row(3, 5, 0.88)]
    drawn = charts.chart(rows, [rows[2], rows[0]])
    assert [(point.row.id, point.is_front) for point in drawn.points] == [(2, False), (1, True), (3, True)]
    assert drawn.front == "M" + " L".join(f"{drawn.axes.x(r.p50_ms)} {drawn.axes.y(r.accuracy)}" for r in (rows[2], rows[0]))


def test_on_a_phone_a_mark_beside_an_end_gives_way():
    axes = charts.axes_for([row(1, 1.2, 0.9), row(2, 150, 0.9)])
    assert [tick.label for tick in charts.ticks(axes) if not tick.is_optional] == ["1 ms", "10", "20", "200"]
