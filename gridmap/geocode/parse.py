"""The parts of one normalised address: what stands before the building, the building, the unit, the room."""

import re
from dataclasses import dataclass

from gridmap.geocode.normalise import trim

_BUILDING = r"(?P<building>[0-9]{1,4}[A-Z甲乙丙丁]?|[A-Z][0-9]{0,3}|[甲乙丙丁])(?P<suffix>号楼|号栋|号|栋|幢|座)"
_UNIT = r"(?:(?P<unit>[0-9]{1,2}|[A-Z甲乙丙丁东中西])单元|(?P<door>[0-9]{1,2})门)"
_ROOM = r"(?:[0-9]{1,2}[层楼])?(?:[0-9]{2,5}[A-Z]?(?:室|房|号房|号|户)?|[东中西]户)?"
# The part behind the name of a street or compound, each piece of it optional; the room is read and dropped.
# A unit alone takes the word 单元: 东门 and 2门 of a compound are its gates.
_TAIL = re.compile(rf"(?:{_BUILDING}(?:{_UNIT})?|(?P<alone>[0-9]{{1,2}})单元)?{_ROOM}$")
_DASHED = re.compile(r"(?<![0-9-])(?P<building>[0-9]{1,3})(?:号楼)?-(?:(?P<unit>[0-9]{1,2})(?:单元)?-)?(?P<room>[0-9]{3,4})(?:室|房)?$")
_NUMBERED = re.compile(r"(?P<before>.*?[^0-9\-])(?P<number>[0-9]{1,5}(?:[-之][0-9]{1,4})?[甲乙丙丁A-Z]?)号院?(?![路街巷])(?P<after>.*)$")


@dataclass(frozen=True)
class Parts:
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


def readings(text: str) -> list[Parts]:
    """Return the ways to read a normalised address, the most telling first.

    Notes
    -----
    "文化东路12号" may be a road and its number or a compound and its building: names decide later, so both readings are given.
    """
    found: list[Parts] = []
    for head, building, unit in _tails(text):
        numbered = _NUMBERED.match(head)
        if numbered:
            found.append(Parts(numbered["before"], trim(numbered["number"]), numbered["after"], building, unit))
        found.append(Parts(head, None, "", building, unit))
    return list(dict.fromkeys(found))


def _tails(text: str) -> list[tuple[str, str | None, str | None]]:
    dashed = _DASHED.search(text)
    if dashed and dashed.start():
        unit = dashed["unit"]
        return [(text[: dashed.start()], trim(dashed["building"]), trim(unit) if unit else None)]
    tails: list[tuple[str, str | None, str | None]] = []
    found = _TAIL.search(text)
    if found and found.start() and found.group():
        stated = found["unit"] or found["door"] or found["alone"]
        unit = trim(stated) if stated else None
        head = text[: found.start()]
        if found["building"]:
            tails.append((head, trim(found["building"]), unit))
            if found["suffix"] == "号":
                # 号 alone ends a house number as well; unit and room may follow either.
                tails.append((f"{head}{found['building']}号", None, unit))
        else:
            tails.append((head, None, unit))
    tails.append((text, None, None))
    return tails
