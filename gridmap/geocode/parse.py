"""The parts of one normalised address: what stands before the building, the building, the unit, the room."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from gridmap.geocode.normalise import trim

_BUILDING = r"(?P<building>[0-9]{1,4}[A-Z甲乙丙丁]?|[A-Z][0-9]{0,3}|[甲乙丙丁])(?P<suffix>号楼|号栋|号|栋|幢|座)"
_UNIT = r"(?:(?P<unit>[0-9]{1,2}|[A-Z甲乙丙丁东中西])单元|(?P<door>[0-9]{1,2})门)"
_ROOM = r"(?:[0-9]{1,2}[层楼])?(?:[0-9]{2,5}[A-Z]?(?:室|房|号房|号|户)?|[东中西]户)?"
# The part behind the name of a street or compound, each piece of it optional; the room is read and dropped.
# A unit alone takes the word 单元: 东门 and 2门 of a compound are its gates.
_TAIL = re.compile(rf"(?:{_BUILDING}(?:{_UNIT})?|(?P<alone>[0-9]{{1,2}})单元)?{_ROOM}$")
_DASHED = re.compile(r"(?<![0-9-])(?P<building>[0-9]{1,3})(?:号楼)?-(?:(?P<unit>[0-9]{1,2})(?:单元)?-)?(?P<room>[0-9]{3,4})(?:室|房)?$")
_NUMBERED = re.compile(r"(?P<before>.*?[^0-9\-])(?P<number>[0-9]{1,5}(?:[-之][0-9]{1,4})?[甲乙丙丁A-Z]?)号院?(?![路街巷])(?P<after>.*)$")


class Parts(NamedTuple):
    """One way to read an address.

    Parameters
    ----------
    before
        Text before the number: region and road, or without a number region, road and compound.
    number
        House number, None if none is read.
    after
        Text between the number and the building: the compound, often empty.
    building, unit
        Designators, None if not stated.
    """

    before: str
    number: str | None = None
    after: str = ""
    building: str | None = None
    unit: str | None = None


def readings(text: str) -> Iterator[Parts]:
    """Give the ways to read a normalised address, the most telling first.

    Notes
    -----
    "文化东路12号" may be a road and its number or a compound and its building: names decide later, so both readings are given.
    """
    for head, building, unit in _tails(text):
        numbered = _NUMBERED.match(head)
        if numbered:
            yield Parts(numbered["before"], trim(numbered["number"]), numbered["after"], building, unit)
        yield Parts(head, None, "", building, unit)


def _tails(text: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Give the ways to take building and unit off the end: what stands before, building, unit."""
    dashed = _DASHED.search(text)
    if dashed and dashed.start():
        yield text[: dashed.start()], trim(dashed["building"]), trim(dashed["unit"]) if dashed["unit"] else None
        return
    found = _TAIL.search(text)
    if found and found.start() and found.group():
        head, building = text[: found.start()], found["building"]
        stated = found["unit"] or found["door"] or found["alone"]
        unit = trim(stated) if stated else None
        yield head, trim(building) if building else None, unit
        if building and found["suffix"] == "号":
            # 号 alone ends a house number as well; unit and room may follow either.
            yield f"{head}{building}号", None, unit
    yield text, None, None
