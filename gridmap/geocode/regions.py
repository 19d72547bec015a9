"""Regions before a street or compound: province, city, district, street office, community."""

import re
from collections.abc import Iterable

from gridmap.geocode.normalise import normalise

_UNIT = r"[一-鿿]{1,8}?(?:特别行政区|自治区|自治州|开发区|街道办事处|街道|社区|(?<!小)区|省|市|县|旗|州|镇|乡|村)"
_UNITS = re.compile(_UNIT)
_ANY = re.compile(rf"(?:中国)?(?:{_UNIT})+$")
_SHORTENED = re.compile(r"(?:省|市|区|县)$")


class Regions:
    """The regions that a gazetteer lies in, and the prefixes of addresses that agree with them.

    Parameters
    ----------
    texts
        Regions in full such as "山东省济南市历下区", one for each row that states one.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._patterns = {text: _pattern(text) for text in sorted({normalise(text) for text in texts})}

    def agreeing(self, prefix: str) -> frozenset[str] | None:
        """Return the regions that agree with a prefix; None where no region is stated, so that the prefix cannot be checked.

        An empty set means that the prefix names another place, or is no region at all.
        """
        if self._patterns:
            return frozenset(text for text, pattern in self._patterns.items() if pattern.fullmatch(prefix))
        return None if _ANY.match(prefix) else frozenset()


def _pattern(region: str) -> re.Pattern[str]:
    """Match any of a region's units in their order, the words 省, 市, 区 and 县 optional, the whole perhaps said twice."""
    units = _UNITS.findall(region) or [region]
    options = []
    for unit in units:
        short = _SHORTENED.sub("", unit)
        options.append(f"(?:{re.escape(unit)}|{re.escape(short)})?" if len(short) > 1 else f"(?:{re.escape(unit)})?")
    once = "".join(options)
    return re.compile(rf"(?:中国)?{once}(?:中国)?{once}")
