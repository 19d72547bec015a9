"""Light normalisation of Chinese addresses: writing variants fall together, nothing is inferred."""

import re
import unicodedata
from functools import lru_cache

_DIGITS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100}
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百]+(?=号|栋|幢|座|单元|楼|室|层)")
_DASH = re.compile(r"[‐‑‒–—―−─~]+")
_REMARK = re.compile(r"\(([^()]*)\)")
# A remark of this kind is part of the name: 翡翠园(东区) is not 翡翠园.
_PART = re.compile(r"[东西南北中上下前后新老旧大小一二三四五六七八九十0-9A-Z甲乙丙丁]+(?:区|期|苑|园|村|组团|地块|号?[院楼栋幢座]|单元)")
# A remark of this kind says that the place is not at the address but somewhere about it.
_NEARBY = re.compile(r"对面|附近|旁|侧|边|外|门口|路口|交叉|以[东西南北]|\d米|[东西南北]方向")
# Between two digits a separator tells two numbers apart: 3、5号楼 is not 35号楼.
_SEPARATOR = re.compile(r"(?<=[0-9零〇一二两三四五六七八九十百])[\s,。、;:!?.|/\\_*]+(?=[0-9零〇一二两三四五六七八九十百])")
_NOISE = re.compile(r"[\s,。、;:!?'\"“”‘’·.\[\]{}【】《》〈〉「」|/\\_*]+")
_HASH = re.compile(r"#(?:楼)?")
_SUFFIXES = re.compile(r"(?:号楼|号院|号栋|号|栋|幢|座|楼|单元|门)+$")
# A text decoded twice: the replacement character, or a character followed by its reading in Latin letters with tone marks.
_GARBLED = re.compile(r"\ufffd|[一-鿿][(（][a-zü]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][a-zü]*[)）]|\?[一-鿿]")


def is_garbled(text: str) -> bool:
    """Tell whether a text carries the marks of having been decoded with the wrong encoding."""
    return bool(_GARBLED.search(text))


@lru_cache(maxsize=200_000)
def normalise(text: str) -> str:
    """Return an address in its plain form.

    Full-width letters and digits become half-width, blanks and punctuation go, Chinese numerals before 号, 楼, 单元 and the like become
    digits, `3#` becomes `3号楼`, letters capital. What separates two digits becomes `+`, so that no number arises that nobody wrote.
    A remark in brackets goes, but one that names a part (东区, 二期, 3号楼) loses its brackets alone, and one that says that the place
    lies near, opposite or beside stays, so that no key equals the text.

    Notes
    -----
    Gazetteer and addresses pass through the same function, so a name that it changes is still found by itself.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = _REMARK.sub(_remark, plain)
    plain = _DASH.sub("-", _NOISE.sub("", _SEPARATOR.sub("+", plain)))
    plain = _HASH.sub("号楼", plain)
    return _NUMERAL.sub(lambda found: _number(found.group()), plain)


def _remark(found: re.Match[str]) -> str:
    """Return what stays of a remark in brackets."""
    text = found[1].strip()
    if _PART.fullmatch(text):
        return text
    return found[0] if _NEARBY.search(text) else ""


def _number(numeral: str) -> str:
    """Return the digits of a Chinese numeral: 十二 -> 12, 二〇三 -> 203."""
    if not any(scale in numeral for scale in _SCALES):
        return "".join(str(_DIGITS[character]) for character in numeral)
    total, digit = 0, 0
    for character in numeral:
        if character in _SCALES:
            total += (digit or 1) * _SCALES[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return str(total + digit)


def designator(text: str) -> str:
    """Return the bare designator of a number, building or unit: "03号楼" -> "3", "Ａ座" -> "A", "2单元" -> "2", "三" -> "3"."""
    return trim(_SUFFIXES.sub("", normalise(f"{text}号")))


def trim(designation: str) -> str:
    """Drop leading zeros of a designator."""
    return re.sub(r"^0+(?=\d)", "", designation)
