"""Where a document treats each point."""

import numpy as np

from decalogo.evaluation.learned.places import depths


def starts_of(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)])


def test_the_densest_stretch_is_taken_up_to_the_length() -> None:
    shares = np.array([[0], [900], [900], [900], [0], [900], [0], [0]])
    chosen = depths(shares, starts_of([10] * 8), 10) <= 30
    assert chosen.ravel().tolist() == [False, True, True, True, False, False, False, False]


def test_a_point_treated_in_few_words_takes_what_is_around_them() -> None:
    shares = np.array([[0], [0], [800], [0], [0]])
    assert (depths(shares, starts_of([10] * 5), 10) <= 1000).all()


def test_two_documents_as_one_have_no_more_room_than_one() -> None:
    chance = np.random.RandomState(3)
    one, two = (chance.randint(0, 1000, (400, 4)) for _ in range(2))
    lengths = chance.randint(1, 40, 800).tolist()
    chosen = depths(np.vstack([one, two]), starts_of(lengths), 100) <= 2000
    for point in range(4):
        words = sum(length for length, taken in zip(lengths, chosen[:, point].tolist(), strict=True) if taken)
        assert 1950 < words <= 2000


def test_equal_places_are_taken_in_reading_order() -> None:
    shares = np.full((6, 1), 500)
    assert depths(shares, starts_of([10] * 6), 10).ravel().tolist() == [10, 20, 30, 40, 50, 60]
