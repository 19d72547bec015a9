"""Code schemes: round trips, findings, and numbering on drawn grids."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridmap import codes, messages
from gridmap.errors import SchemaError

COMMUNITY = "370102001001"  # the 12 digits of a community
KINDS = ("missing_code", "code_not_text", "wrong_length", "wrong_characters", "duplicate_code", "wrong_prefix")


def layer(polygons: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=pd.RangeIndex(len(polygons)), geometry=polygons, crs="EPSG:4548")


@pytest.mark.parametrize("scheme", [codes.UNIT_GRID, codes.COMMUNITY_GRID])
def test_published_schemes_have_their_published_length(scheme: codes.Scheme) -> None:
    """CJ/T 213: 6 + 3 + 3 + 3 digits; CJ/T 349-2010: 6 + 6 + 3 + 3 + 2."""
    widths = {codes.UNIT_GRID: [6, 3, 3, 3], codes.COMMUNITY_GRID: [6, 6, 3, 3, 2]}[scheme]
    assert [segment.width for segment in scheme] == widths
    assert scheme.length == sum(widths)
    assert scheme.capacity == {3: 999, 2: 99}[widths[-1]]


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789", min_size=20, max_size=20))
def test_segments_put_together_are_the_code(digits: str) -> None:
    for scheme in (codes.UNIT_GRID, codes.COMMUNITY_GRID):
        code = digits[: scheme.length]
        assert "".join(codes.parse(code, scheme=scheme).values()) == code


def test_parse_keeps_leading_zeros() -> None:
    assert codes.parse("010203004005006") == {"division": "010203", "street": "004", "community": "005", "number": "006"}


def test_parse_refuses_what_is_no_code() -> None:
    with pytest.raises(SchemaError, match="the code is not text; given: 370102001001001"):
        codes.parse(370102001001001)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match=r"must have 15 characters; given: '37010200100100' \(14\)"):
        codes.parse("37010200100100")
    for wrong in ("37010200100100x", "37010200100100１", "37010200100100 "):  # a full-width digit too
        with pytest.raises(SchemaError, match="characters that its scheme does not allow"):
            codes.parse(wrong)


def test_check_names_every_kind_of_fault() -> None:
    given_codes = pd.Series(
        [f"{COMMUNITY}001", None, 370102001001002, f"{COMMUNITY}03", f"{COMMUNITY}00x", f"{COMMUNITY}001", "370102001002004", ""],
        index=list("abcdefgh"),
    )
    findings = codes.check(given_codes, parents=pd.Series([COMMUNITY] * 8))
    assert findings.groupby("kind").groups.keys() == set(KINDS)
    assert {kind: list(rows) for kind, rows in findings.groupby("kind").groups.items()} == {
        "missing_code": ["b", "h"],
        "code_not_text": ["c"],
        "wrong_length": ["d"],
        "wrong_characters": ["e"],
        "duplicate_code": ["f"],
        "wrong_prefix": ["g"],
    }
    assert findings.loc["g", "parent"] == COMMUNITY


def test_check_of_sound_codes_is_empty(three_by_three: gpd.GeoDataFrame) -> None:
    sound = codes.number(three_by_three, COMMUNITY)
    assert codes.check(sound).empty
    assert codes.check(sound, parents=pd.Series(COMMUNITY, index=sound.index)).empty
    assert codes.check(sound.iloc[:0]).columns.tolist() == ["kind", "grid_code", "parent"]


def test_parent_may_be_any_beginning_of_the_place_or_a_grid_of_the_same_place() -> None:
    scheme = codes.COMMUNITY_GRID
    code = pd.Series(["010100" + COMMUNITY + "05"])
    for fine in (COMMUNITY, COMMUNITY[:9], "010200" + COMMUNITY + "01", None):
        assert codes.check(code, scheme=scheme, parents=pd.Series([fine])).empty
    for wrong in ("010100", "370103", "010100" + "370102001002" + "01"):
        assert codes.check(code, scheme=scheme, parents=pd.Series([wrong]))["kind"].tolist() == ["wrong_prefix"]
    with pytest.raises(SchemaError, match="parents and the grids have different identifiers"):
        codes.check(code, scheme=scheme, parents=pd.Series([], dtype="str"))


def test_custom_scheme_of_letters_and_a_dash() -> None:
    scheme = codes.Scheme((codes.Segment("town", 2, "[A-Z]"), codes.Segment("dash", 1, "-"), codes.Segment("number", 4)), place=("town",))
    assert codes.parse("DY-0012", scheme=scheme) == {"town": "DY", "dash": "-", "number": "0012"}
    assert codes.number(layer([box(0, 0, 1, 1), box(1, 0, 2, 1)]), "DY-", scheme=scheme).tolist() == ["DY-0001", "DY-0002"]
    assert codes.check(pd.Series(["DY-0001"]), scheme=scheme, parents=pd.Series(["DX"]))["kind"].tolist() == ["wrong_prefix"]


@pytest.mark.parametrize(
    "segments",
    [
        (),
        (codes.Segment("a", 2), codes.Segment("a", 3)),
        (codes.Segment("a", 0),),
        (codes.Segment("a", 2), codes.Segment("letter", 1, "[A-Z]")),
        (codes.Segment("two words", 2),),
        (codes.Segment("a", 2, "[A-"), codes.Segment("b", 2)),
    ],
)
def test_unsound_scheme_is_refused(segments: tuple[codes.Segment, ...]) -> None:
    with pytest.raises(SchemaError, match="the code scheme is unsound"):
        codes.Scheme(segments)


def test_numbers_run_west_to_east_and_north_to_south(three_by_three: gpd.GeoDataFrame) -> None:
    """CJ/T 213 and Beijing's DB11 standard on unit grids: within a community from west to east, from north to south."""
    numbered = codes.number(three_by_three, COMMUNITY)
    assert numbered.name == "grid_code"
    assert numbered.sort_values().index.tolist() == list("ghidefabc")
    assert numbered["g"] == f"{COMMUNITY}001"


def test_uneven_tops_stand_in_one_row() -> None:
    """Offsets of less than half a grid's height do not open a row.

        +---+
    +---+ b +---+   a and c reach a little less far north than b
    | a +---+ c |
    +-+-+-+-+-+-+
      | d | e |
    """
    grids = layer([box(0, 10, 10, 20), box(10, 14, 20, 24), box(20, 10, 30, 20), box(5, 0, 15, 10), box(15, 0, 25, 10)])
    assert codes.number(grids, COMMUNITY).str[-1].tolist() == ["1", "2", "3", "4", "5"]


def spoken_rule(grids: gpd.GeoDataFrame) -> list[int]:
    """Number the grids one by one, as the docstring says."""
    half = np.median(grids.bounds["maxy"] - grids.bounds["miny"]) / 2
    left = {label: (centre.x, centre.y) for label, centre in grids.centroid.items()}
    order: list[int] = []
    while left:
        north = max(y for _, y in left.values())
        row = sorted((label for label, (_, y) in left.items() if north - y < half), key=lambda label: (left[label][0], -left[label][1]))
        order += row
        left = {label: place for label, place in left.items() if label not in row}
    return order


rectangles = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(rectangles, min_size=1, max_size=25, unique_by=lambda r: (2 * r[0] + r[2], 2 * r[1] + r[3])), st.integers(0, 99))
def test_numbers_follow_the_rule_whatever_the_order_of_rows(sizes: list, seed: int) -> None:
    grids = layer([box(x, y, x + width, y + height) for x, y, width, height in sizes])
    numbered = codes.number(grids.sample(frac=1, random_state=seed), COMMUNITY)
    expected = [f"{COMMUNITY}{n:03d}" for n in range(1, len(grids) + 1)]
    assert numbered.reindex(spoken_rule(grids)).tolist() == expected


def test_numbers_start_anew_in_every_community() -> None:
    grids = layer([box(x, 0, x + 1, 1) for x in range(4)])
    prefixes = pd.Series(["370102001002", "370102001001", "370102001001", "370102001002"])
    assert codes.number(grids, prefixes).str[-6:].tolist() == ["002001", "001001", "001002", "002002"]


def test_a_community_of_one_undivided_grid_is_numbered_zero_in_the_community_scheme() -> None:
    """CJ/T 349-2010, 5.7."""
    whole, parts = layer([box(0, 0, 1, 1)]), layer([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    begin = "010100" + COMMUNITY
    assert codes.number(whole, begin, scheme=codes.COMMUNITY_GRID).tolist() == [begin + "00"]
    assert codes.number(parts, begin, scheme=codes.COMMUNITY_GRID).tolist() == [begin + "01", begin + "02"]
    assert codes.number(whole, COMMUNITY).tolist() == [COMMUNITY + "001"]


def test_999_grids_fit_and_1000_are_refused() -> None:
    grids = layer([box(n, 0, n + 1, 1) for n in range(1000)])
    assert codes.number(grids.iloc[:999], COMMUNITY).iloc[-1] == f"{COMMUNITY}999"
    with pytest.raises(SchemaError, match=f"prefix {COMMUNITY} has more grids than its 999 numbers; given: 1000"):
        codes.number(grids, COMMUNITY)


def test_number_refuses_what_it_cannot_place() -> None:
    grids = layer([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    with pytest.raises(SchemaError, match="a prefix must have 12 characters"):
        codes.number(grids, "3701")
    with pytest.raises(SchemaError, match="a prefix must have 12 characters"):
        codes.number(grids, 370102001001)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="prefix and the grids have different identifiers"):
        codes.number(grids, pd.Series([COMMUNITY], index=[0]))
    with pytest.raises(SchemaError, match="rows of grids have no geometry; 1 rows, first: 2"):
        codes.number(layer([box(0, 0, 1, 1), box(1, 0, 2, 1), shapely.Polygon()]), COMMUNITY)
    assert codes.number(grids.iloc[:0], COMMUNITY).empty


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_every_finding_has_words(kind: str, lang: str) -> None:
    assert messages.term("finding", kind, lang) != kind
    assert messages.text(f"findings.{kind}", lang)
