from __future__ import annotations

import pytest

from chalicelib.core.lists import industries

FILLER = "Somebody told us something about a thing. " * 20


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Ransomware gang hits hospital chain", ("healthcare",)),
        ("Banks and telecoms under attack", ("communications", "financial-services")),
        ("New malware targets power grid", ("energy",)),
        ("Nuclear power plants probed", ("energy", "nuclear")),
        ("Water utility breached", ("water",)),
        ("European airline loses data", ("transportation",)),
        ("Spies in ministries of foreign affairs", ("government-services",)),
        ("Defence contractor hacked", ("defense-industrial-base",)),
        ("Attack on managed service providers", ("information-technology",)),
        ("Retailer pays ransom", ("commercial-facilities",)),
        ("Ambulance service offline", ("emergency-services",)),
        ("Chemical plant halted", ("chemical",)),
        ("Meat processor pays", ("food-and-agriculture",)),
        ("Automaker stops lines", ("critical-manufacturing",)),
        ("Hydroelectric dams exposed", ("dams",)),
        # Words that only look like it.
        ("The government denies", ()),
        ("An embankment, a databank, damage and a waterfall", ()),
        ("Energy drinks, chemical reactions, power users", ()),
        ("AWS-hosted it is", ()),
        ("", ()),
    ],
)
def test_a_title_says_what_it_is_about(title: str, found: tuple[str, ...]):
    assert industries.of_text(title, FILLER) == found


def test_a_text_has_to_speak_of_it_often():
    once = f"{FILLER} A hospital was hit. {FILLER}"
    assert industries.of_text("News", once) == ()
    assert industries.of_text("News", once * 2) == ()
    assert industries.of_text("News", once * 3) == ("healthcare",)


def test_every_sector_can_be_found_and_is_one():
    assert set(industries._WORDS) == set(industries.SECTORS)
    assert list(industries._WORDS) == sorted(industries.SECTORS)
