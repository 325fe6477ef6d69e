"""The scaling law finds what made the points, and says how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.capacity.usl import Law, fit, interval, resampled

UNITS = (1, 2, 4, 8, 16, 32, 64)


@given(
    rate=st.floats(0.1, 1000),
    sigma=st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.2]),
    kappa=st.sampled_from([0.0, 1e-5, 1e-4, 1e-3]),
)
def test_points_of_a_law_give_that_law_back(rate: float, sigma: float, kappa: float) -> None:
    law = Law(rate, sigma, kappa)

    found = fit([(n, law.throughput(n)) for n in UNITS])

    assert found.rate == pytest.approx(rate, rel=1e-6)
    assert found.sigma == pytest.approx(sigma, abs=1e-7)
    assert found.kappa == pytest.approx(kappa, abs=1e-8)


def test_more_than_proportional_points_are_taken_as_proportional() -> None:
    found = fit([(1, 10.0), (2, 21.0), (4, 44.0)])

    assert (found.sigma, found.kappa) == (0, 0)
    assert found.efficiency(64) == 1


def test_one_point_is_enough_for_a_rate() -> None:
    assert fit([(4, 20.0)]) == Law(5.0, 0.0, 0.0)


@pytest.mark.parametrize("points", [[], [(1, 0.0)], [(0, 1.0)]])
def test_points_of_nothing_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="every point needs"):
        fit(points)


def test_scattered_points_make_a_wider_interval_than_exact_ones() -> None:
    law = Law(10, 0.02, 1e-4)
    exact = [(n, law.throughput(n)) for n in UNITS]
    scattered = [(n, rate * (1.1 if place % 2 else 0.9)) for place, (n, rate) in enumerate(exact)]

    low, high = interval([one.throughput(128) for one in resampled(exact)])
    assert high - low < 1e-6
    low, high = interval([one.throughput(128) for one in resampled(scattered)])
    assert high > 1.05 * low
    assert resampled(scattered) == resampled(scattered)
