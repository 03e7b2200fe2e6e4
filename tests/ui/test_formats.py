"""Figures as people read them; expected values by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone, translation

from foundation import formats


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (Decimal("1.005"), 2, "1.01"),  # half away from zero, although binary 1.005 lies below
        (1.005, 2, "1.01"),  # a float is its shortest decimal
        (Decimal("-1.005"), 2, "−1.01"),
        (Fraction(2, 3), 4, "0.6667"),
        (Fraction(1, 8), 2, "0.13"),  # 0.125, a tie
        ("37.69", 1, "37.7"),
        (0, 2, "0.00"),
        (Decimal("-0.004"), 2, "0.00"),  # negative zero never shows
        (12, 0, "12"),
        (None, 2, "—"),
        ("", 2, "—"),
        (Decimal("NaN"), 2, "—"),
        (float("inf"), 2, "—"),
        ("无", 2, "—"),
        (True, 0, "—"),
    ],
)
def test_points(value: Any, places: int, expected: str) -> None:
    assert formats.points(value, places) == expected


def test_percent_is_of_a_percentage_and_share_of_a_fraction() -> None:
    assert formats.percent(Decimal("58")) == "58.00%"
    # Nanjing 2002: 11,641 of 11,904 = 0.977906…
    assert formats.share(Fraction(11_641, 11_904), 2) == "97.79%"
    # At one place: 0.1 % and 99.9 % can be said, less and more cannot be told from 0 and 100.
    wanted = {"0": "<0.1%", "0.0009": "<0.1%", "0.001": "0.1%", "0.735": "73.5%", "0.999": "99.9%", "1": ">99.9%"}
    assert {chance: formats.chance(chance) for chance in wanted} == wanted
    assert formats.chance(None) == "—"
    assert formats.percent(None) == formats.share(None) == "—"


@pytest.mark.parametrize(
    ("value", "expected"), [(1.25, "+1.25"), (-0.3, "−0.30"), (0, "0.00"), (Decimal("0.004"), "0.00"), (None, "—")]
)
def test_signed(value: Any, expected: str) -> None:
    assert formats.signed(value) == expected


def test_whole_groups_thousands() -> None:
    assert formats.whole(82_896) == "82,896"
    assert formats.whole(-1_000) == "−1,000"
    assert formats.whole(999) == "999"
    assert formats.whole(None) == "—"


def test_interval() -> None:
    assert formats.interval((3, 7)) == "3–7"
    assert formats.interval((3, 3)) == "3"
    assert formats.interval((1.25, 2.5), 2) == "1.25–2.50"
    assert formats.interval((None, 7)) == formats.interval(None) == "—"


def test_heat_class_covers_the_range_in_nine_steps() -> None:
    # Steps of 100 / 9 = 11.1…: 0–11.1 is step 0, 50 is step 4, 100 the last.
    assert [formats.heat_class(v) for v in (-5, 0, 11.2, 50, 100, 250, None)] == [
        "heat-0", "heat-0", "heat-1", "heat-4", "heat-8", "heat-8", "heat-none",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="low < high"):
        formats.heat_class(5, 10, 10)


def test_days_in_both_languages_and_in_local_time() -> None:
    assert formats.day(date(2008, 5, 1)) == "2008年5月1日"
    # 17:00 in UTC is already the next day, 01:00, in Shanghai.
    assert formats.moment(datetime(2008, 4, 30, 17, 0, tzinfo=UTC)) == "2008年5月1日 01:00"
    assert formats.day(None) == formats.moment(None) == "—"
    with translation.override("en"):
        assert formats.day(date(2008, 5, 1)) == "May 1, 2008"


def test_ago() -> None:
    now = timezone.now()
    assert formats.ago(now - timedelta(seconds=20)) == "刚刚"
    assert formats.ago(now - timedelta(minutes=3, seconds=5)).replace("\xa0", "") == "3分钟前"
    assert formats.ago(None) == "—"
