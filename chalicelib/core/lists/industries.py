"""Industries by the names of CISA's critical infrastructure sectors.

https://www.cisa.gov/topics/critical-infrastructure-security-and-resilience/critical-infrastructure-sectors
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

SECTORS = (
    "chemical",
    "commercial-facilities",
    "communications",
    "critical-manufacturing",
    "dams",
    "defense-industrial-base",
    "emergency-services",
    "energy",
    "financial-services",
    "food-and-agriculture",
    "government-services",
    "healthcare",
    "information-technology",
    "nuclear",
    "transportation",
    "water",
)

ALIASES = {
    "finance": "financial-services",
    "financial": "financial-services",
    "banking": "financial-services",
    "government": "government-services",
    "defense": "defense-industrial-base",
    "defence": "defense-industrial-base",
    "manufacturing": "critical-manufacturing",
    "telecommunications": "communications",
    "telecom": "communications",
    "it": "information-technology",
    "technology": "information-technology",
    "health": "healthcare",
    "agriculture": "food-and-agriculture",
    "transport": "transportation",
}
"""Other words for sectors, as clients of other products send them."""


OFTEN = 3
"""Times that a text speaks of an industry which it is about."""

_WORDS = {
    "chemical": r"chemicals? (?:industr\w+|sectors?|plants?|compan\w+|manufacturers?)"
    r"|petrochemicals?",
    "commercial-facilities": r"retailers?|supermarkets?|hotels?|hospitality (?:industry"
    r"|sector|compan\w+)|casinos?|retail (?:industry|sector|compan\w+|giants?|chains?)",
    "communications": r"telecom(?:s|munications?)?|telcos?|internet service providers?"
    r"|mobile (?:network )?operators?|broadcasters?",
    "critical-manufacturing": r"manufacturers|manufacturing (?:industry|sector|firms?"
    r"|compan\w+|plants?|organizations?)|car ?makers?|automakers?|steelmakers?",
    "dams": r"(?:hydroelectric )?dams",
    "defense-industrial-base": r"defen[cs]e (?:industr\w+|contractors?|sectors?"
    r"|compan\w+|firms?)|military contractors?|aerospace and defen[cs]e",
    "emergency-services": r"emergency services|fire departments?|police departments?"
    r"|911 (?:services?|systems?|centers?)|ambulance services?",
    "energy": r"power grids?|electric(?:ity|al)? (?:grids?|utilit\w+|providers?)"
    r"|energy (?:industry|sector|compan\w+|providers?|firms?|organizations?)"
    r"|oil and gas|power plants?|pipeline operators?|wind farms?",
    "financial-services": r"banks?|banking (?:customers|sector|industry|trojans?|apps?"
    r"|malware)|financial (?:institutions?|services|sector|organizations?|industry)"
    r"|credit unions?|insurers?|fintechs?|payment processors?|stock exchanges?",
    "food-and-agriculture": r"agricultur\w+|food (?:industry|sector|producers?"
    r"|suppliers?|compan\w+|processors?)|farmers|meat processors?|grocers?",
    "government-services": r"government(?:al)? (?:agenc\w+|entit\w+|organi[sz]ations?"
    r"|institutions?|bodies|networks?|officials|departments?|sector)|ministr(?:y|ies)"
    r"|embass(?:y|ies)|municipalit(?:y|ies)|public sector|city governments?"
    r"|state governments?|local governments?|parliaments?",
    "healthcare": r"hospitals?|health ?care|health systems?|clinics?|patients?"
    r"|pharmaceuticals?|medical (?:cent(?:er|re)s?|devices?|records|providers?)",
    "information-technology": r"it services? (?:providers?|compan\w+|firms?)|"
    r"managed service providers?|msps|it sector",
    "nuclear": r"nuclear (?:power )?(?:plants?|facilit\w+|reactors?|energy|sector)",
    "transportation": r"airlines?|airports?|railways?|railroads?|rail operators?"
    r"|shipping (?:compan\w+|lines?|industry)|maritime|logistics (?:compan\w+|firms?"
    r"|providers?|sector)|transportation (?:sector|industry|compan\w+)|trucking",
    "water": r"wastewater|drinking water|water (?:utilit\w+|systems?|treatment|sector"
    r"|suppl(?:y|ies|iers?)|facilit\w+)",
}


def sector_of(word: str) -> str | None:
    """Name the sector that a word stands for."""
    slug = word.strip().casefold().replace("_", "-").replace(" ", "-")
    slug = ALIASES.get(slug, slug)
    return slug if slug in SECTORS else None


def of_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Name the sectors among tags."""
    return tuple(sorted({found for tag in tags if (found := sector_of(tag))}))


def of_text(title: str, text: str) -> tuple[str, ...]:
    """Name the sectors that a text is about: in its title, or named often.

    English only, and rather none than a wrong one. Tags may stand in the title.
    """
    return tuple(
        sector
        for sector, words in _spoken().items()
        if words.search(title) or _often(words, text)
    )


@cache
def _spoken() -> Mapping[str, re.Pattern[str]]:
    # The API reads no texts, and this takes longer than all the rest of the module.
    return {
        sector: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
        for sector, words in _WORDS.items()
    }


def _often(words: re.Pattern[str], text: str) -> bool:
    return sum(1 for _ in islice(words.finditer(text), OFTEN)) == OFTEN
