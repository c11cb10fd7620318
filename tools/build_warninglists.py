"""Build chalicelib/data/warninglists.json.gz and tlds.txt from MISP warninglists.

    python -m tools.build_warninglists PATH_OF_LISTS

The folder holds the lists of https://github.com/MISP/misp-warninglists (CC0-1.0), as
`NAME.json` or `NAME/list.json`. The same lists make the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable
from ipaddress import collapse_addresses, ip_network
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "chalicelib" / "data"
MOST = 300_000

TOP = ("alexa", "cisco_top1000", "cloudflare-top1k", "tranco10k")
VENDORS = ("security-provider-blogpost", "automated-malware-analysis")
_PLATFORMS = """
    assets.documentcloud.org blockchain.info cdn2.hubspot.net code4hk.hackpad.com
    download.microsoft.com easyviruskilling.com en.wikipedia.org ghostbin.com
    gist.github.com gist.githubusercontent.com github.com groups.google.com
    infotomb.com iranthreats.github.i luminosity.link medium.com microsoft.net
    mobile.twitter.com my.opera.com pastebin.lu productforums.google.com
    pytosquatting.org raw.github.com raw.githubusercontent.com remchp.com reqrypt.org
    s3-eu-west-1.amazonaws.com s3-us-west-2.amazonaws.com sites.google.com
    stackoverflow.com sub0day.com sync.me t.co twitter.com ubuntuforums.org v2ex.com
    web.archive.org webcache.googleusercontent.com www.dropbox.com www.facebook.com
    www.liveleak.com www.mediafire.com www.reddit.com www.slideshare.net
    www.youtube.com
"""
PLATFORMS = frozenset(_PLATFORMS.split())
"""Anybody may publish there: no list may hide a URL on them."""

_RESOLVERS = """
    1.0.0.1 1.0.0.2 1.0.0.3 1.1.1.1 1.1.1.2 1.1.1.3 4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4
    4.2.2.5 4.2.2.6 8.8.4.4 8.8.8.8 8.20.247.20 8.26.56.26 9.9.9.9 9.9.9.10 9.9.9.11
    45.90.28.0 45.90.30.0 64.6.64.6 64.6.65.6 74.82.42.42 76.76.2.0 76.76.10.0
    76.76.19.19 76.223.122.150 77.88.8.1 77.88.8.8 80.80.80.80 80.80.81.81
    84.200.69.80 84.200.70.40 94.140.14.14 94.140.15.15 114.114.114.114
    114.114.115.115 119.28.28.28 119.29.29.29 149.112.112.10 149.112.112.11
    149.112.112.112 156.154.70.1 156.154.71.1 168.95.1.1 168.95.192.1 180.76.76.76
    185.228.168.9 185.228.169.9 193.110.81.0 185.253.5.0 195.46.39.39 195.46.39.40
    199.85.126.10 199.85.127.10 208.67.220.220 208.67.220.222 208.67.222.220
    208.67.222.222 209.244.0.3 209.244.0.4 223.5.5.5 223.6.6.6
    2001:4860:4860::8844 2001:4860:4860::8888 2606:4700:4700::1001
    2606:4700:4700::1111 2620:119:35::35 2620:119:53::53 2620:fe::9 2620:fe::fe
    2a02:6b8::feed:ff 2a0d:2a00:1::2 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff
    2400:3200::1 2400:3200:baba::1
"""
RESOLVERS = _RESOLVERS.split()
"""MISP's list of resolvers has tens of thousands: mostly broken routers in people's
homes, and those are in the feeds for good reasons. These are run by operators."""

SPECIAL_V6 = ("::/128", "::1/128", "fe80::/10", "fc00::/7", "ff00::/8", "100::/64")
DOCUMENTATION = (
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32",
)  # fmt: skip

Row = dict[str, Any]


def main() -> int:
    """Build both files."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_warninglists")
    parser.add_argument("lists", type=Path)
    lists = parser.parse_args().lists
    packed = pack(build(lists))
    if len(packed) > MOST:
        print(f"{len(packed):,} bytes: too many", file=sys.stderr)
        return 1
    (DATA / "warninglists.json.gz").write_bytes(packed)
    tlds = sorted(name.lower() for name in read(lists, "tlds"))
    (DATA / "tlds.txt").write_text("\n".join(tlds) + "\n")
    print(f"warninglists.json.gz: {len(packed):,} bytes; tlds.txt: {len(tlds):,} names")
    return 0


def read(folder: Path, name: str) -> list[str]:
    """Read the entries of a list."""
    flat = folder / f"{name}.json"
    path = flat if flat.exists() else folder / name / "list.json"
    values: list[str] = json.loads(path.read_text())["list"]
    return values


def build(folder: Path) -> list[Row]:
    """Make the rows, in the order in which they are asked."""
    special = ("rfc1918", "rfc5735", "rfc6598", "multicast")
    shared = ("cloudflare", "googlebot")
    vendors = _names(folder, VENDORS) - PLATFORMS
    return [
        _row("documentation", nets=DOCUMENTATION, trees=("example.com", "example.net",
             "example.org", "example.edu", "example", "test")),
        _row("private and special addresses", overlap=True,
             nets=[*_all(folder, special), *SPECIAL_V6]),
        _row("public resolvers", overlap=True, nets=RESOLVERS),
        _row("sinkholes", nets=read(folder, "sinkholes")),
        _row("shared front ends", nets=_all(folder, shared)),
        _row("parked domains", nets=read(folder, "parking-domain")),
        _row("hashes of harmless files", hashes=_hashes(folder)),
        _row("security vendors' sites", urls=True, hosts=vendors),
        _row("certificate authorities", urls=True,
             hosts=_names(folder, ["crl-hostname"])),
        _row("well-known sites", hosts=_names(folder, TOP) | PLATFORMS),
        _row("Google", hosts=_names(folder, ["google"]), trees=("google.com",
             "gstatic.com", "youtube.com", "gvt1.com", "1e100.net")),
        _row("Microsoft", hosts=_names(folder, ["microsoft", "microsoft-office365"]),
             trees=("microsoft.com", "windowsupdate.com", "microsoftonline.com",
                    "office365.com", "office.com", "bing.com", "msn.com", "skype.com",
                    "s-microsoft.com", "windows.com", "xboxlive.com", "outlook.com")),
        _row("URL shorteners", hosts=_names(folder, ["url-shortener"])),
        _row("dynamic DNS", hosts=_names(folder, ["dynamic-dns"])),
        _row("public suffixes", hosts=_names(folder, ["second-level-tlds"]),
             suffixes=True),
    ]  # fmt: skip


def pack(rows: list[Row]) -> bytes:
    """Write rows compactly; the same rows are the same bytes."""
    text = json.dumps(rows, separators=(",", ":"), sort_keys=True)
    packed = gzip.compress(text.encode(), 9, mtime=0)
    # Pythons differ in the byte that names the system: 3 is Unix.
    return packed[:9] + b"\x03" + packed[10:]


def _row(name: str, **values: Any) -> Row:
    row: Row = {"name": name}
    for key, value in values.items():
        if isinstance(value, bool):
            row[key] = value
        elif key == "nets":
            row[key] = _collapse(value)
        else:
            row[key] = sorted(value)
    return row


def _names(folder: Path, lists: Iterable[str]) -> set[str]:
    names = {name.lower().strip(".") for name in _all(folder, lists)}
    return {name for name in names if "." in name and "*" not in name}


def _all(folder: Path, lists: Iterable[str]) -> list[str]:
    return [value for name in lists for value in read(folder, name)]


def _hashes(folder: Path) -> set[str]:
    lists = ("empty-hashes", "common-ioc-false-positive", "eicar.com")
    return {value for value in _all(folder, lists) if len(value) in {32, 40, 64, 128}}


def _collapse(values: Iterable[str]) -> list[str]:
    nets = [ip_network(value, strict=False) for value in values]
    merged = [
        *collapse_addresses(net for net in nets if net.version == 4),
        *collapse_addresses(net for net in nets if net.version == 6),
    ]
    return [str(net) for net in merged]


if __name__ == "__main__":
    sys.exit(main())
