"""Letters for the map's labels, Chinese ones included, drawn as distance fields: no font of the reader's machine is needed.

The form is that of the glyph files MapLibre reads: 24 pixels an em, 3 pixels of margin, distances up to 8 pixels, the outline at three
quarters of the scale. The font is Noto Sans CJK SC (SIL Open Font License 1.1), out of a package.
"""

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import GridmapError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FACE = "Noto Sans CJK SC"
# Name of a font stack -> how much its strokes are thickened on either side, in pixels of the em. The package carries Regular alone.
STACKS = {f"{FACE} Regular": 0.0, f"{FACE} Bold": 0.5}
EM = 24
MARGIN = 3
RADIUS = 8.0
CUTOFF = 0.25
# Drawn this much larger to measure distances: odd, so that the middle of a pixel of the field is the middle of a drawn one.
TIMES = 9
# MapLibre puts a line's middle 17 pixels under the place that tops are counted from: with 26 it is the middle of a Chinese em box.
ASCENT = 26
RANGE = 256
LAST = 0xFFFF
# Large enough to tell every letter from the sign for an absent one, and soon drawn.
_SMALL = 2 * EM
_HALF = [0] * 128 + [255] * 128


def draw(stack: str, start: int) -> bytes:
    """Return the glyph file of 256 letters from `start` on; letters the font lacks are left out.

    Parameters
    ----------
    stack
        One of `STACKS`.
    start
        Code point of the first letter, a multiple of 256 below 65536.

    Raises
    ------
    GridmapError
        If the font is not installed.

    Notes
    -----
    O(letters), 0.3 s for 256 Chinese ones. Distances are right to a fifth of a pixel: drawing at a size moves strokes to whole pixels.
    """
    thicker = STACKS[stack]
    letters = [letter for letter in map(chr, range(start, start + RANGE)) if _has(letter)]
    drawn = b"".join(_bytes(3, _glyph(letter, thicker)) for letter in letters)
    head = _bytes(1, stack.encode()) + _bytes(2, f"{start}-{start + RANGE - 1}".encode())
    return _bytes(1, head + drawn)


def _glyph(letter: str, thicker: float) -> bytes:
    """Return the message of one letter: number, field, size, place and advance."""
    length = _font().getlength(letter) / TIMES
    # A thick Latin letter needs more room; a Chinese one keeps its square.
    advance = round(length + (2 * thicker if 0 < length < EM else 0))
    ink, left, top = _ink(letter, math.ceil(thicker))
    rows, columns = ink.shape[0] // TIMES, ink.shape[1] // TIMES
    if not ink.size:
        rows = columns = 2 * MARGIN
    drawn = _bytes(2, _field(ink, thicker).tobytes()) if ink.size else b""
    size = _number(3, columns - 2 * MARGIN) + _number(4, rows - 2 * MARGIN)
    place = _number(5, _zigzag(left)) + _number(6, _zigzag(top - ASCENT if ink.size else 0))
    return _number(1, ord(letter)) + drawn + size + place + _number(7, advance)


def _ink(letter: str, wider: int) -> tuple[np.ndarray, int, int]:
    """Return the drawn pixels that a letter covers by half or more, margin around it, and its box's left and top from its origin."""
    from PIL import Image, ImageDraw

    west, north, east, south = (math.floor(side / TIMES) for side in _font().getbbox(letter, anchor="ls"))
    # The box that Pillow tells reaches from the origin to the advance, and beyond them with the ink: wide enough, and then cut to the ink.
    room = MARGIN + wider + 1
    image = Image.new("L", ((east - west + 2 * room) * TIMES, (south - north + 2 * room) * TIMES))
    ImageDraw.Draw(image).text(((room - west) * TIMES, (room - north) * TIMES), letter, font=_font(), fill=255, anchor="ls")
    found = image.point(_HALF).getbbox()
    if found is None:
        return np.empty((0, 0), bool), 0, 0
    around = MARGIN + wider
    first, above = found[0] // TIMES - around, found[1] // TIMES - around
    last, below = -(-found[2] // TIMES) + around, -(-found[3] // TIMES) + around
    cut = image.crop((first * TIMES, above * TIMES, last * TIMES, below * TIMES))
    return np.asarray(cut) >= 128, first + MARGIN - room + west, room - north - above - MARGIN


def _field(ink: np.ndarray, thicker: float) -> np.ndarray:
    """Return the distance field of a drawing, one value for every `TIMES` by `TIMES` pixels: 192 and more inside."""
    middle = slice(TIMES // 2, None, TIMES)
    # As far as the scale reaches, outwards and inwards.
    away = _nearest(ink, RADIUS * (1 - CUTOFF) + thicker)
    within = _nearest(~ink, RADIUS * CUTOFF)
    distance = np.where(ink[middle, middle], -within, away) / TIMES - thicker
    return np.clip(np.rint(255 - 255 * (distance / RADIUS + CUTOFF)), 0, 255).astype(np.uint8)


def _nearest(wanted: np.ndarray, reach: float) -> np.ndarray:
    """Return the distance, in drawn pixels, from the middle of each pixel of the field to the nearest wanted one's rim.

    Notes
    -----
    Along each column first, then over the columns within reach of each middle: exact, and worked out for these middles alone.
    """
    count, columns = len(wanted) // TIMES, wanted.shape[1]
    side, half = TIMES // 2, math.ceil((reach + 0.5) * TIMES)
    far = np.int16(len(wanted) + half)
    # Rows from one middle to the next are one block: the last wanted row of each, and the first, are enough.
    padded = np.pad(wanted, ((side, side), (0, 0)))
    number = np.arange(-side, len(wanted) + side, dtype=np.int16)[:, None]
    last = np.where(padded, number, -far)[: 1 - TIMES].reshape(count, TIMES, columns).max(axis=1)
    first = np.where(padded, number, 2 * far)[TIMES - 1 :].reshape(count, TIMES, columns).min(axis=1)
    middle = np.arange(side, len(wanted), TIMES, dtype=np.int16)[:, None]
    before, after = np.maximum.accumulate(last), np.minimum.accumulate(first[::-1])[::-1]
    down = np.minimum(np.minimum(middle - before, after - middle), half)
    squares = np.full((count, columns + 2 * half), half * half, np.int16)
    squares[:, half:-half] = np.square(down)
    around = np.lib.stride_tricks.sliding_window_view(squares, 2 * half + 1, axis=1)[:, side::TIMES]
    aside = np.square(np.arange(-half, half + 1, dtype=np.int16))
    return np.sqrt((around + aside).min(axis=2), dtype=np.float32) - 0.5


@cache
def _font(size: int = EM * TIMES) -> "FreeTypeFont":
    """Return the Simplified Chinese face at a size, that of drawing unless another is asked for."""
    try:
        import noto_cjk_sans_otc
        from PIL import ImageFont
    except ImportError as error:
        raise GridmapError("extra_absent", extra="app", given="noto-cjk-sans-otc") from error
    path = str(noto_cjk_sans_otc.FONT_PATH)
    for number in range(10):
        # Not the shaping engine: it is asked for letters, one by one, and is not there on every machine.
        font = ImageFont.truetype(path, size, index=number, layout_engine=ImageFont.Layout.BASIC)
        if font.getname() == (FACE, "Regular"):
            return font
    raise GridmapError("extra_absent", extra="app", given=FACE)


def _has(letter: str) -> bool:
    """Tell whether the font has a letter: one it lacks is drawn as the sign that stands for it."""
    if 0xD800 <= ord(letter) <= 0xDFFF:
        return False
    mask, offset = _font(_SMALL).getmask2(letter, mode="1", anchor="ls")
    size, place, pixels = _absent()
    return (mask.size, offset) != (size, place) or bytes(mask) != pixels


@cache
def _absent() -> tuple[tuple[int, int], tuple[int, int], bytes]:
    """Return size, place and pixels of the sign for a letter the font lacks; 65535 is no letter in any font."""
    mask, offset = _font(_SMALL).getmask2("\uffff", mode="1", anchor="ls")
    return mask.size, offset, bytes(mask)


def _varint(value: int) -> bytes:
    """Write a whole number, seven bits a byte, the lowest first."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _zigzag(value: int) -> int:
    """Return a number without a sign for one that may have it."""
    return 2 * value if value >= 0 else -2 * value - 1


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
