"""Numbers that name something and do not count it: zip codes, numbers of phones, cards and accounts."""

from __future__ import annotations

import math
import re

_ZIP = re.compile(r"(^|[\W_])(zip|plz|postcode|postal|zipcode)([\W_]|code|$)")
_CALLED = re.compile(
    r"(^|[\W_])(phone|telephone|tel|mobile|cell|fax|isbn|issn|ean|gtin|upc|barcode|ssn|imei|iban|bic|vin)"
    r"([\W_]*(no|nr|num|number|code))?$"
)
_NUMBER_OF = re.compile(
    r"(^|[\W_])(card|credit|account|acct|customer|client|member|contract|policy|invoice|order|serial|passport|licen[cs]e|"
    r"tax|transaction|ticket|product|article|item)[\W_]*(no|nr|num|number|code)$"
)
_TIME = re.compile(r"(^|[\W_])(time|timestamp|date|datetime|epoch|unix)([\W_]|$)|stamp$|_(at|ts|ms|ns)$")
LONG = 9  # digits, from which on numbers of one length may be names
SURE = 12  # digits, from which on they are names rather than amounts
_MOST = 20  # digits that anything has that is named so
_SECONDS = (946_684_800, 2_208_988_800)  # the years 2000 to 2039


def is_zip(name: str) -> bool:
    """Whether a column is called as zip codes are."""
    return bool(_ZIP.search(name.lower().strip()))


def looks_like(name: str, low: float, high: float) -> tuple[str, bool]:
    """Why a column of whole numbers from ``low`` to ``high`` may hold codes, as the end of a sentence that its name
    begins, and whether it rather holds codes than amounts. Empty if nothing says so."""
    lower = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).lower()
    if low < 0:
        return "", False
    if _CALLED.search(lower) or _NUMBER_OF.search(lower):
        return "is called as numbers are that name something, such as a phone or a card,", True
    digits = _digits(low)
    if not LONG <= digits <= _MOST or digits != _digits(high):
        return "", False
    why = f"has whole numbers of {digits} digits each, as a card, a phone or an account has,"
    return ("", False) if _is_time(lower, low, high) else (why, digits >= SURE)


def _is_time(lower: str, low: float, high: float) -> bool:
    """Whether long numbers are points in time: seconds, or parts of them, since 1970."""
    first, last = _SECONDS
    return bool(_TIME.search(lower)) or any(
        first * parts <= low and high <= last * parts for parts in (1, 10**3, 10**6, 10**9)
    )


def _digits(number: float) -> int:
    return math.floor(math.log10(number)) + 1 if number >= 1 else 1
