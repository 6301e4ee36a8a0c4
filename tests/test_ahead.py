"""Working ahead: results in order, whatever takes longest, and never more than the bound."""

import threading
import time
from collections.abc import Iterator

import pytest

from pipelines.inference.prefetch import Prefetcher


def numbers(read: list[int], count: int) -> Iterator[int]:
    for number in range(count):
        read.append(number)
        yield number


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_whatever_takes_longest(workers: int) -> None:
    delays_s = [0.05, 0.0, 0.02, 0.0, 0.03, 0.0]

    def work(number: int) -> int:
        time.sleep(delays_s[number])
        return 10 * number

    made = Prefetcher(1000, workers).results(range(6), work, lambda _: 1)
    assert [(item, future.result()) for item, future in made] == [(i, 10 * i) for i in range(6)]


def test_what_waits_to_be_taken_is_bounded_in_bytes() -> None:
    read: list[int] = []
    done: list[int] = []
    made = Prefetcher(max_bytes=100, workers=2).results(
        numbers(read, 50), done.append, lambda _: 30
    )
    for taken in range(1, 51):
        next(made)
        assert len(read) <= taken + 4
        assert len(done) <= taken + 4
    assert next(made, None) is None


def test_a_result_larger_than_the_bound_is_made_all_the_same() -> None:
    made = Prefetcher(max_bytes=1).results([1, 2, 3], str, lambda _: 1000)
    assert [future.result() for _, future in made] == ["1", "2", "3"]


def test_work_goes_on_while_the_one_who_takes_is_busy() -> None:
    second = threading.Event()

    def work(number: int) -> None:
        if number == 1:
            second.set()

    made = Prefetcher(1000).results([0, 1], work, lambda _: 1)
    next(made)
    assert second.wait(10)
    made.close()


def test_an_error_comes_in_its_place_and_the_others_are_made() -> None:
    made = Prefetcher(1000).results([1, 0, 2], lambda number: 2 / number, lambda _: 1)
    assert [future.exception() is None for _, future in made] == [True, False, True]


def test_closed_early_nothing_more_is_begun_and_the_threads_end() -> None:
    before = threading.active_count()
    begun: list[int] = []
    gate = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number:
            gate.wait(10)

    made = Prefetcher(1000).results(range(100), work, lambda _: 1)
    next(made)
    made.close()
    gate.set()
    deadline_s = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert begun in ([0], [0, 1])
