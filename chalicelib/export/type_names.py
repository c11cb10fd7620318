"""What types of IOCs are called in words that people read."""

from __future__ import annotations

from chalicelib.core.iocs.ioc import IocType

LABELS: dict[IocType, str] = {
    IocType.IPV4: "IPv4 Address",
    IocType.IPV6: "IPv6 Address",
    IocType.DOMAIN: "Domain",
    IocType.URL: "URL",
    IocType.EMAIL: "Email Address",
    IocType.MD5: "MD5 Hash",
    IocType.SHA1: "SHA-1 Hash",
    IocType.SHA256: "SHA-256 Hash",
    IocType.SHA512: "SHA-512 Hash",
    IocType.CVE: "Vulnerability",
    IocType.TECHNIQUE: "ATT&CK Technique",
}
