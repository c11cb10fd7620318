"""Hunting queries: how to look for one value in one's own logs.

Templates by type, in the words of Splunk's common information model, of Defender
XDR and Sentinel, and of the Elastic common schema. A value enters a query through
literals.py only. docs/formats/hunting.md shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.assess import literals
from chalicelib.core.iocs.ioc import IocType


@dataclass(frozen=True, slots=True)
class Hunting:
    """What to look for, and the query in three languages."""

    detection_guidance: str
    splunk_query: str
    kql_query: str
    esql_query: str


def queries(kind: IocType, value: str) -> Hunting:
    """Write the queries for a value in its canonical form."""
    template = _template(kind, value)
    return Hunting(
        template.detection_guidance,
        template.splunk_query.format(
            value=literals.spl(value),
            below=literals.spl(f"*.{value}"),
            around=literals.spl(f"*{value}*"),
        ),
        template.kql_query.format(
            value=literals.kql(value), below=literals.kql(f".{value}")
        ),
        template.esql_query.format(
            value=literals.esql(value), below=literals.esql(f".{value}")
        ),
    )


def _template(kind: IocType, value: str) -> Hunting:
    if "/" in value and kind in _NETWORKS:
        return _NETWORKS[kind]
    return _TEMPLATES[kind]


def _spl(*fields: str) -> str:
    """Count by fields; without a word in each, Splunk would drop the event."""
    return (
        f"| fillnull value=unknown {' '.join(fields)}\n"
        "| stats count min(_time) as first_seen max(_time) as last_seen"
        f" by {', '.join(fields)}\n| sort - count"
    )


def _esql(*fields: str) -> str:
    return (
        "| STATS events = COUNT(*), first_seen = MIN(@timestamp),"
        f" last_seen = MAX(@timestamp) BY {', '.join(fields)}"
        "\n| SORT events DESC\n| LIMIT 100"
    )


_SPL_FLOWS = _spl("src_ip", "dest_ip", "dest_port")
_ESQL_FLOWS = _esql("source.ip", "destination.ip", "destination.port")
_KQL_FLOWS = (
    "| summarize Connections = count(), First = min(Timestamp), Last = max(Timestamp)"
    " by DeviceName, LocalIP, RemoteIP, RemotePort, InitiatingProcessFileName"
    "\n| sort by Connections desc"
)
_ADDRESS = Hunting(
    "Look for connections to the address in firewall, proxy and flow logs, and for the"
    " process that opened them. Addresses change hands: give weight to connections"
    " near the time it was last seen.",
    f"index=* (dest_ip={{value}} OR src_ip={{value}})\n{_SPL_FLOWS}",
    f"DeviceNetworkEvents\n| where RemoteIP == {{value}}\n{_KQL_FLOWS}",
    "FROM logs-*\n| WHERE destination.ip == TO_IP({value})"
    f" OR source.ip == TO_IP({{value}})\n{_ESQL_FLOWS}",
)


def _network(in_range: str) -> Hunting:
    return Hunting(
        "Look for connections to any address of the network. Expect benign neighbours"
        " in large ones: begin with the hosts that talk to most of its addresses.",
        f"index=* dest_ip=*\n| where cidrmatch({{value}}, dest_ip)\n{_SPL_FLOWS}",
        f"DeviceNetworkEvents\n| where {in_range}(RemoteIP, {{value}})\n{_KQL_FLOWS}",
        "FROM logs-*\n| WHERE CIDR_MATCH(destination.ip, {value})"
        f" OR CIDR_MATCH(source.ip, {{value}})\n{_ESQL_FLOWS}",
    )


_DOMAIN = Hunting(
    "Look for DNS questions and web requests for the name and the names below it. A"
    " question shows intent even where the connection was blocked.",
    "index=* (query={value} OR query={below} OR url_domain={value}"
    " OR url_domain={below} OR dest_host={value} OR dest_host={below})\n"
    "| eval name=coalesce(query, url_domain, dest_host)\n" + _spl("src", "name"),
    "DeviceNetworkEvents\n| where RemoteUrl has {value}\n"
    '| extend Url = iff(RemoteUrl contains "://", RemoteUrl,'
    ' strcat("http://", RemoteUrl))\n'
    "| extend Host = tolower(tostring(parse_url(Url).Host))\n"
    "| where Host == {value} or Host endswith {below}\n"
    "| summarize Connections = count(), First = min(Timestamp), Last = max(Timestamp)"
    " by DeviceName, Host, RemoteIP, InitiatingProcessFileName"
    "\n| sort by Connections desc",
    "FROM logs-*\n| WHERE dns.question.name == {value}"
    " OR ENDS_WITH(dns.question.name, {below})\n"
    "    OR url.domain == {value} OR ENDS_WITH(url.domain, {below})\n"
    + _esql("host.name", "dns.question.name", "url.domain"),
)
_URL = Hunting(
    "Look for the URL in proxy logs, in clicks and in mail. Without TLS inspection a"
    " proxy sees the host only: then hunt for the domain as well.",
    "index=* url={value}\n" + _spl("src", "user", "url", "http_method", "status"),
    "union isfuzzy=true\n"
    "  (DeviceNetworkEvents | where RemoteUrl =~ {value}\n"
    '    | project Timestamp, Seen = "traffic", Who = DeviceName, Url = RemoteUrl),\n'
    "  (UrlClickEvents | where Url =~ {value}\n"
    '    | project Timestamp, Seen = "click", Who = AccountUpn, Url),\n'
    "  (EmailUrlInfo | where Url =~ {value}\n"
    '    | project Timestamp, Seen = "mail", Who = NetworkMessageId, Url)\n'
    "| sort by Timestamp desc",
    "FROM logs-*\n| WHERE url.full == {value} OR url.original == {value}\n"
    + _esql("host.name", "user.name", "source.ip"),
)
_EMAIL = Hunting(
    "Look for mail from the address, in envelope and header, then for what its readers"
    " clicked and opened. Senders can be forged.",
    "index=* (src_user={value} OR sender={value} OR from={value})\n"
    + _spl("src_user", "recipient", "subject"),
    "EmailEvents\n| where SenderFromAddress =~ {value}"
    " or SenderMailFromAddress =~ {value}\n"
    "| project Timestamp, SenderFromAddress, RecipientEmailAddress, Subject,"
    " DeliveryAction, NetworkMessageId\n| sort by Timestamp desc",
    "FROM logs-*\n| WHERE email.from.address == {value}"
    " OR email.sender.address == {value}\n"
    + _esql("email.to.address", "email.subject"),
)
_CVE = Hunting(
    "Look for software of yours that has the vulnerability, the exposed hosts first."
    " Attempts to use it have other traces: see the references.",
    "index=* cve={value}\n" + _spl("dest", "signature", "severity"),
    "DeviceTvmSoftwareVulnerabilities\n| where CveId == {value}\n"
    "| summarize Devices = dcount(DeviceId) by SoftwareVendor, SoftwareName,"
    " SoftwareVersion, VulnerabilitySeverityLevel\n| sort by Devices desc",
    "FROM logs-*\n| WHERE vulnerability.id == {value}\n"
    + _esql("host.name", "vulnerability.severity"),
)
_TECHNIQUE = Hunting(
    "Look for alerts that your tools mark with the technique. A technique is behaviour,"
    " and attackers share it with administrators: alerts need a second look.",
    "index=* (annotations.mitre_attack={value} OR mitre_technique_id={value}\n"
    "    OR annotations.mitre_attack.mitre_technique_id={value})\n"
    + _spl("dest", "user", "source"),
    "AlertInfo\n| where AttackTechniques has {value}\n"
    "| join kind=inner AlertEvidence on AlertId\n"
    "| summarize Alerts = dcount(AlertId), Last = max(Timestamp)"
    " by Title, Severity, DeviceName, AccountName\n| sort by Alerts desc",
    "FROM logs-*\n| WHERE threat.technique.id == {value}"
    " OR threat.technique.subtechnique.id == {value}\n"
    + _esql("host.name", "rule.name"),
)


def _hash(name: str) -> Hunting:
    """Write the templates of a hash by its field: SHA256 in Defender."""
    path = f"hash.{name.lower()}"
    return Hunting(
        _FILE_GUIDANCE,
        "index=* (file_hash={value} OR process_hash={around} OR Hashes={around})\n"
        + _spl("dest", "user", "file_name", "file_path"),
        "union isfuzzy=true DeviceFileEvents, DeviceProcessEvents,"
        " DeviceImageLoadEvents\n"
        f"| where {name} == {{value}} or InitiatingProcess{name} == {{value}}\n"
        "| project Timestamp, DeviceName, ActionType, FileName, FolderPath,"
        " InitiatingProcessFileName\n| sort by Timestamp desc",
        f"FROM logs-*\n| WHERE file.{path} == {{value}} OR process.{path} == {{value}}"
        f" OR dll.{path} == {{value}}\n"
        + _esql("host.name", "file.path", "process.executable"),
    )


_FILE_GUIDANCE = (
    "Look for files and processes with the hash on endpoints, and for where the file"
    " came from. One changed byte is another hash: hunt for family and domain too."
)
_SHA512 = Hunting(
    f"{_FILE_GUIDANCE} Few tools note SHA-512, and Defender does not.",
    "index=* (file_hash={value} OR SHA512={value})\n"
    + _spl("dest", "user", "file_name", "file_path"),
    "CommonSecurityLog\n| where FileHash =~ {value}\n"
    "| project TimeGenerated, DeviceVendor, Computer, FileName, FilePath"
    "\n| sort by TimeGenerated desc",
    "FROM logs-*\n| WHERE file.hash.sha512 == {value} OR process.hash.sha512 == {value}"
    "\n" + _esql("host.name", "file.path", "process.executable"),
)
_NETWORKS: Mapping[IocType, Hunting] = {
    IocType.IPV4: _network("ipv4_is_in_range"),
    IocType.IPV6: _network("ipv6_is_in_range"),
}
_TEMPLATES: Mapping[IocType, Hunting] = {
    IocType.IPV4: _ADDRESS,
    IocType.IPV6: _ADDRESS,
    IocType.DOMAIN: _DOMAIN,
    IocType.URL: _URL,
    IocType.EMAIL: _EMAIL,
    IocType.MD5: _hash("MD5"),
    IocType.SHA1: _hash("SHA1"),
    IocType.SHA256: _hash("SHA256"),
    IocType.SHA512: _SHA512,
    IocType.CVE: _CVE,
    IocType.TECHNIQUE: _TECHNIQUE,
}
