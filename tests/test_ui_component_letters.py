"""Letters of the map: the files hold what the font holds, and the fields are distances to its outlines."""

import sys
import time
from collections.abc import Iterator

import noto_cjk_sans_otc
import numpy as np
import pytest
import shapely
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTCollection

from gridmap.errors import GridmapError
from gridmap.ui.component import letters

REGULAR, BOLD = "Noto Sans CJK SC Regular", "Noto Sans CJK SC Bold"
# A Latin letter with a hole, one with a tail, a digit, two Chinese letters (few strokes and many) and a wide sign.
SAMPLES = ["O", "g", "8", "一", "网", "囊", "（"]


def varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a message of protocol buffers; only the two kinds that these files use."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        value, place = varint(data, place)
        if key & 7 == 2:
            yield key >> 3, data[place : place + value]
            place += value
        else:
            assert key & 7 == 0
            yield key >> 3, value


def decode(data: bytes) -> tuple[str, str, dict[str, dict]]:
    """Name, range and letters of a file of one font stack."""
    ((number, stack),) = fields(data)
    assert number == 1
    parts = list(fields(stack))
    drawn = {}
    for message in (value for number, value in parts if number == 3):
        found = {
            {1: "id", 2: "field", 3: "width", 4: "height", 5: "left", 6: "top", 7: "advance"}[key]: value for key, value in fields(message)
        }
        for name in ("left", "top"):
            found[name] = found[name] >> 1 ^ -(found[name] & 1)
        if "field" in found:
            found["field"] = np.frombuffer(found["field"], np.uint8).reshape(found["height"] + 6, found["width"] + 6)
        drawn[chr(found["id"])] = found
    assert [number for number, _ in parts[:2]] == [1, 2]
    return parts[0][1].decode(), parts[1][1].decode(), drawn


def letter(text: str, stack: str = REGULAR) -> dict:
    return decode(letters.draw(stack, ord(text) // 256 * 256))[2][text]


@pytest.fixture(scope="module")
def face():
    """The Simplified Chinese face as fontTools reads it."""
    collection = TTCollection(str(noto_cjk_sans_otc.FONT_PATH))
    return next(font for font in collection.fonts if font["name"].getDebugName(4) == "Noto Sans CJK SC")


def outline(face, text: str) -> shapely.Geometry:
    """The area of a letter in pixels of an em of 24, a curve as 16 chords; rings that turn the other way than the largest are holes."""
    pen = DecomposingRecordingPen(face.getGlyphSet())
    face.getGlyphSet()[face.getBestCmap()[ord(text)]].draw(pen)
    rings, here = [], None
    for verb, points in pen.value:
        if verb == "moveTo":
            rings.append([points[0]])
        elif verb == "lineTo":
            rings[-1].append(points[0])
        elif verb == "curveTo":
            corner = np.array([here, *points], float)
            share = np.linspace(0, 1, 17)[1:, None]
            rings[-1] += list(
                (1 - share) ** 3 * corner[0]
                + 3 * (1 - share) ** 2 * share * corner[1]
                + 3 * (1 - share) * share**2 * corner[2]
                + share**3 * corner[3]
            )
        here = points[-1] if points else here
    area = shapely.Polygon()
    signed = [(shapely.Polygon(ring), shapely.LinearRing(ring).is_ccw) for ring in rings]
    turn = max(signed, key=lambda pair: pair[0].area)[1]
    for ring, way in signed:
        if way == turn:
            area = area | ring.buffer(0)
    for ring, way in signed:
        if way != turn:
            area = area - ring.buffer(0)
    return shapely.transform(area, lambda places: places * 24 / face["head"].unitsPerEm)


def distances(found: dict, area: shapely.Geometry, ascent: int = letters.ASCENT) -> np.ndarray:
    """The distance from the middle of each pixel of a letter's field to its outline, negative inside."""
    rows, columns = found["field"].shape
    x = found["left"] - 3 + np.arange(columns) + 0.5
    y = found["top"] + ascent + 3 - np.arange(rows) - 0.5
    places = shapely.points(*np.meshgrid(x, y))
    return np.where(shapely.contains(area, places), -1, 1) * shapely.distance(area.boundary, places)


@pytest.mark.parametrize("text", SAMPLES)
def test_fields_are_distances_to_the_outline(face, text: str) -> None:
    found = letter(text)
    exact = distances(found, outline(face, text))
    expected = np.clip(255 - 255 * (exact / 8 + 0.25), 0, 255)
    # 6.4 steps of the scale are a fifth of a pixel: drawing at a size moves strokes to whole pixels.
    assert np.abs(found["field"].astype(float) - expected).max() < 6.5
    # The outline's own value is 191: what lies clearly on one side of it reads so.
    assert (found["field"][exact < -0.15] >= 192).all()
    assert (found["field"][exact > 0.15] < 192).all()
    assert (exact < -0.15).sum() >= 3


@pytest.mark.parametrize("text", SAMPLES)
def test_a_letter_fills_its_box(face, text: str) -> None:
    found = letter(text)
    west, south, east, north = outline(face, text).bounds
    top = found["top"] + letters.ASCENT
    # How much of a pixel is left free at each side; drawing at a size moves a side by a tenth at most.
    free = [west - found["left"], found["left"] + found["width"] - east, top - north, south - (top - found["height"])]
    assert min(free) > -0.15
    assert max(free) < 1.15


@pytest.mark.parametrize("start", [0x0000, 0x4E00, 0xFF00])
def test_a_range_holds_the_letters_of_the_font_and_their_advances(face, start: int) -> None:
    name, span, drawn = decode(letters.draw(REGULAR, start))
    assert (name, span) == (REGULAR, f"{start}-{start + 255}")
    cmap = face.getBestCmap()
    assert sorted(drawn) == [chr(code) for code in range(start, start + 256) if code in cmap]
    for text, found in drawn.items():
        assert abs(found["advance"] - face["hmtx"][cmap[ord(text)]][0] * 24 / face["head"].unitsPerEm) <= 0.6, text
        assert ("field" in found) == (found["width"] > 0)


def test_a_space_has_an_advance_and_no_field() -> None:
    assert letter("\u3000") == {"id": 0x3000, "width": 0, "height": 0, "left": 0, "top": 0, "advance": 24}
    assert letter(" ")["advance"] in (5, 6)


def test_a_bold_letter_is_the_same_one_with_thicker_strokes(face) -> None:
    found = letter("网", BOLD)
    exact = distances(found, outline(face, "网")) - 0.5
    assert np.abs(found["field"].astype(float) - np.clip(255 - 255 * (exact / 8 + 0.25), 0, 255)).max() < 6.5
    assert found["advance"] == 24
    assert letter("m", BOLD)["advance"] == letter("m")["advance"] + 1


@pytest.mark.parametrize("start", [0xD800, 0xE000])
def test_a_range_without_letters_is_an_empty_file(start: int) -> None:
    assert decode(letters.draw(REGULAR, start)) == (REGULAR, f"{start}-{start + 255}", {})


def test_a_range_of_chinese_letters_is_drawn_at_once() -> None:
    letters.draw(REGULAR, 0)
    start = time.process_time()
    drawn = letters.draw(REGULAR, 0x7F00)
    took = time.process_time() - start
    sys.stdout.write(f"256 letters, {len(drawn)} bytes: {took:.2f} s\n")
    # Three times what it takes on an idle machine.
    assert took < 1.5


def test_without_the_font_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "noto_cjk_sans_otc", None)
    letters._font.cache_clear()
    letters._absent.cache_clear()
    with pytest.raises(GridmapError, match=r"extra app; given: noto-cjk-sans-otc"):
        letters.draw(REGULAR, 0)
    letters._font.cache_clear()
