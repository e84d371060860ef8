"""Addresses that are good for a while only: signatures with an end, as storages and CDNs put them into the query.

Amazon S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), Google Cloud Storage,
CloudFront (Expires, Signature, Policy), Azure (se, sig), Akamai (hdnea=exp=...~hmac=...), and what others call token.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

_SIGNATURES = frozenset({
    "signature", "sig", "token", "policy", "hmac", "x-amz-signature", "x-amz-security-token", "x-goog-signature",
    "access_token", "auth_token", "hdnea", "hdnts", "hdntl", "__token__",
})  # fmt: skip
_MOMENTS = ("expires", "exp", "expiry", "expire")
_AKAMAI = re.compile(r"(?:^|~)exp=([0-9]+)")
_SECONDS, _MILLISECONDS = re.compile(r"1[0-9]{9}|[2-9][0-9]{9}"), re.compile(r"[1-9][0-9]{12}")


@dataclass(frozen=True, slots=True)
class Signed:
    """What makes an address end: the name in the query, and the moment in UTC where it can be read there."""

    name: str
    until: datetime | None


def signed(url: str) -> Signed | None:
    """Return the signature of an address, or None where it has none that ends. Values of the query are not repeated."""
    given = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    query = {name.lower(): value for name, value in given}
    written = {name.lower(): name for name, _ in given}
    for vendor in ("x-amz-", "x-goog-"):
        if f"{vendor}expires" in query:
            return Signed(written[f"{vendor}expires"], _after(query, vendor))
    for name in _MOMENTS:
        if (moment := _moment(query.get(name, ""))) is not None:
            return Signed(written[name], moment)
    if "sig" in query and (moment := _iso(query.get("se", ""))) is not None:
        return Signed(written["se"], moment)
    for name, value in query.items():
        if found := _AKAMAI.search(value):
            return Signed(written[name], _moment(found[1]))
    lasting = [each for each in query if each in _SIGNATURES and query[each]]
    return Signed(written[lasting[0]], None) if lasting else None


def _after(query: Mapping[str, str], vendor: str) -> datetime | None:
    try:
        start = datetime.strptime(query.get(f"{vendor}date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return start + timedelta(seconds=int(query[f"{vendor}expires"]))
    except (ValueError, OverflowError):
        return None


def _moment(value: str) -> datetime | None:
    if _SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value), UTC)
    if _MILLISECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value) // 1000, UTC)
    return None


def _iso(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
