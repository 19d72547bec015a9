"""Codes for new grids: the next number beside the grids they come from, never one that was used before."""

import re
from collections.abc import Collection, Iterator

from gridmap.codes import Scheme
from gridmap.errors import SchemaError

WIDTH = 3  # digits of a running number where no scheme says it


def leading(scheme: Scheme, code: str) -> Scheme | None:
    """Return the scheme of the first segments that a code is made of, all or fewer; None where it is made of none.

    An upper grid may have a code of the scheme, or be named by the place that the codes below it begin with: 12 digits of 15.
    """
    for count in range(len(scheme.segments), 0, -1):
        segments = scheme.segments[:count]
        if sum(segment.width for segment in segments) == len(code) and re.fullmatch(segments[-1].character, "0"):
            part = scheme if count == len(scheme.segments) else Scheme(segments)
            return part if part.pattern.fullmatch(code) else None
    return None


def fits(scheme: Scheme, code: str, *, lowest: bool) -> bool:
    """Tell whether a base grid may have a code: one of the scheme, or above the lowest tier one of its first segments."""
    return scheme.pattern.fullmatch(code) is not None if lowest else leading(scheme, code) is not None


def fresh(origin: str, *, kin: Collection[str], used: Collection[str], scheme: Scheme | None) -> Iterator[str]:
    """Yield new codes for grids that come from `origin`.

    Parameters
    ----------
    origin
        Code of a grid they come from; they share all but its running number.
    kin
        Codes of the same level and kind, those of retired grids too: numbers go on after the largest.
    used
        All codes that stand or ever stood.
    scheme
        What codes are made of; None where they are free: then the last `WIDTH` digits at most are the running number.

    Raises
    ------
    SchemaError
        If no number is left in the scheme.
    """
    head, width = _head(origin, scheme)
    tails = [code[len(head) :] for code in kin if code.startswith(head) and _fits(code, head, width, scheme)]
    numbers = [int(tail) for tail in tails if tail.isascii() and tail.isdigit()]
    given: set[str] = set()

    def free(number: int) -> str | None:
        code = f"{head}{number:0{width}d}"
        if code in used or code in given or (scheme is not None and scheme.pattern.fullmatch(code) is None):
            return None
        given.add(code)
        return code

    number = max(numbers, default=0)
    while scheme is None or number < scheme.capacity:
        number += 1
        if code := free(number):
            yield code
    assert scheme is not None
    for number in range(1, scheme.capacity + 1):
        if code := free(number):
            yield code
    raise SchemaError("numbers_exhausted", prefix=head, capacity=scheme.capacity, given=origin)


def _head(origin: str, scheme: Scheme | None) -> tuple[str, int]:
    """Return what stands before the running number, and its digits."""
    if scheme is not None and scheme.pattern.fullmatch(origin):
        return origin[: scheme.prefix_length], scheme.segments[-1].width
    digits = len(origin) - len(origin.rstrip("0123456789"))
    width = min(WIDTH, digits)
    return (origin[: len(origin) - width], width) if width else (f"{origin}-", 1)


def _fits(code: str, head: str, width: int, scheme: Scheme | None) -> bool:
    return len(code) == len(head) + width if scheme is not None else len(code) >= len(head) + width
