"""What two plans differ in: told by ground, conserved, equal to the edits' own changes and to another overlay."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import across, lattice, made

from gridmap import crs, hierarchy, plan
from gridmap.errors import CRSError, GridmapWarning, PlanError, SchemaError
from gridmap.plan.rows import in_words

RELATIVE = 1e-9
SIDE = 100.0


def drawn(*rows: str, crs: str = "EPSG:4547", level: int = 1) -> gpd.GeoDataFrame:
    """Return a tier drawn in letters, north on top: squares of 100 m with one letter are one grid, a dot is none."""
    cells: dict[str, list] = {}
    for north, row in enumerate(reversed(rows)):
        for east, letter in enumerate(row):
            if letter != ".":
                cells.setdefault(letter, []).append(shapely.box(east * SIDE, north * SIDE, (east + 1) * SIDE, (north + 1) * SIDE))
    codes = pd.Index(sorted(cells), name="grid_code", dtype="str")
    frame = {"name": codes, "level": level, "kind": "base", "parent": pd.Series(None, index=codes, dtype="str")}
    return gpd.GeoDataFrame(frame, index=codes, geometry=[shapely.union_all(cells[code]) for code in codes], crs=crs)


def conserved(found: plan.Difference, measures: tuple[str, ...] = ()) -> None:
    """Assert that nothing is lost on the way, per grid and in total."""
    rows, moves = found.grids, found.moves
    after = rows["area_before_m2"] + rows["gained_m2"] - rows["lost_m2"] + rows["slivers_m2"]
    assert after.to_numpy() == pytest.approx(rows["area_after_m2"].to_numpy(), rel=RELATIVE, abs=1e-6)
    for name in measures:
        kept = rows[f"{name}_before"] + rows[f"{name}_gained"] - rows[f"{name}_lost"]
        assert kept.tolist() == rows[f"{name}_after"].tolist()
    for (kind, level), tier in rows.groupby(["kind", "level"]):
        if kind == "base":
            here = moves[(moves["kind"] == "base") & (moves["level"] == level)]
            gained, lost = (here.loc[here["move"] == word, "area_m2"].sum() for word in ("gained", "lost"))
            assert tier["gained_m2"].sum() - gained == pytest.approx(tier["lost_m2"].sum() - lost, rel=RELATIVE, abs=1e-6)
            for name in measures:
                assert tier[f"{name}_gained"].sum() == here.loc[here["to_code"].notna(), name].sum()


# old, new -> what becomes of each code: (change, gained, lost) in squares; a code that stands twice is told by its two rows
KNOWN = {
    "nothing": (("aabb",), ("aabb",), {"a": ("unchanged", 0, 0), "b": ("unchanged", 0, 0)}),
    "transfer": (("aabb",), ("aaab",), {"a": ("changed", 1, 0), "b": ("changed", 0, 1)}),
    "more than half is given away": (("aaab",), ("abbb",), {"a": ("changed", 0, 2), "b": ("changed", 2, 0)}),
    "split under new codes": (("aabb",), ("cdbb",), {
        "a": ("split", 0, 2), "c": ("split", 1, 0), "d": ("split", 1, 0), "b": ("unchanged", 0, 0)}),
    "split that keeps the code": (("aaab",), ("accb",), {"a": ("split", 0, 2), "c": ("split", 2, 0), "b": ("unchanged", 0, 0)}),
    "split in three": (("aaab",), ("cdeb",), {
        "a": ("split", 0, 3), "c": ("split", 1, 0), "d": ("split", 1, 0), "e": ("split", 1, 0), "b": ("unchanged", 0, 0)}),
    "merge under a new code": (("abcc",), ("ddcc",), {
        "a": ("merged", 0, 1), "b": ("merged", 0, 1), "d": ("merged", 2, 0), "c": ("unchanged", 0, 0)}),
    "merge that keeps the code": (("abcc",), ("aacc",), {"b": ("merged", 0, 1), "a": ("merged", 1, 0), "c": ("unchanged", 0, 0)}),
    "recoded": (("aabb",), ("ccbb",), {"c": ("recoded", 0, 0), "b": ("unchanged", 0, 0)}),
    "codes exchanged": (("aab",), ("bba",), {"b": ("recoded", 0, 0), "a": ("recoded", 0, 0)}),
    "exchanged, with a square more": (("aaabbb",), ("bbbbaa",), {"b": ("changed", 1, 0), "a": ("changed", 0, 1)}),
    "recoded and given to": (("aaab",), ("cccc",), {"a": ("merged", 0, 3), "b": ("merged", 0, 1), "c": ("merged", 4, 0)}),
    "recoded with ground lost": (("aaab",), ("ccbb",), {"c": ("changed", 0, 1), "b": ("changed", 1, 0)}),
    "dissolved": (("aabbcc", "dddddd"), ("ddbbcc", "dddddd"), {
        "a": ("merged", 0, 2), "d": ("merged", 2, 0), "b": ("unchanged", 0, 0), "c": ("unchanged", 0, 0)}),
    "dissolved among neighbours": (("aabbcc",), ("aaaccc",), {"b": ("retired", 0, 2), "a": ("changed", 1, 0), "c": ("changed", 1, 0)}),
    "made of parts of several": (("aabbcc",), ("adbdcd",), {
        "a": ("changed", 0, 1), "b": ("changed", 0, 1), "c": ("changed", 0, 1), "d": ("added", 3, 0)}),
    "neither most of the old nor of the new": (("aaaabbbb", "ccddeeff"), ("cdeaaabb", "ccddeeff"), {
        "a": ("changed", 2, 3), "b": ("changed", 0, 2), "c": ("changed", 1, 0), "d": ("changed", 1, 0), "e": ("changed", 1, 0),
        "f": ("unchanged", 0, 0)}),
    "outward": (("ab..",), ("abbc",), {"a": ("unchanged", 0, 0), "b": ("changed", 1, 0), "c": ("added", 1, 0)}),
    "inward": (("abbc",), ("ab..",), {"a": ("unchanged", 0, 0), "b": ("changed", 0, 1), "c": ("retired", 0, 1)}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_lattice_has_the_known_answer(name: str) -> None:
    old, new, expected = KNOWN[name]
    found = plan.compare(drawn(*old), drawn(*new))
    table = found.grids.assign(gained=found.grids["gained_m2"] / SIDE**2, lost=found.grids["lost_m2"] / SIDE**2)
    told = {code: (row["change"], row["gained"], row["lost"]) for code, row in table.iterrows()}
    assert told == expected
    conserved(found)
    assert bool(found) == (name != "nothing")


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_way_back_loses_what_the_way_there_gained(name: str) -> None:
    old, new, _ = KNOWN[name]
    there, back = plan.compare(drawn(*old), drawn(*new)), plan.compare(drawn(*new), drawn(*old))
    opposite = {"split": "merged", "merged": "split", "added": "retired", "retired": "added", "gained": "lost", "lost": "gained"}
    one = sorted((row.from_code, row.to_code, opposite.get(row.move, row.move), row.area_m2) for row in there.moves.fillna("").itertuples())
    other = sorted((row.to_code, row.from_code, row.move, row.area_m2) for row in back.moves.fillna("").itertuples())
    assert one == other


def test_a_code_given_to_other_ground_stands_twice() -> None:
    found = plan.difference(drawn("aabb"), drawn("..bba"))
    assert found.loc["a", "change"].tolist() == ["retired", "added"] or found.loc["a", "change"].tolist() == ["added", "retired"]
    assert found.loc["b", "change"] == "unchanged"


def test_partners_parents_and_totals_are_named() -> None:
    found = plan.compare(drawn("aaab"), drawn("accb"))
    assert found.grids.loc["a", ["from_codes", "to_codes"]].tolist() == ["a", "a;c"]
    assert found.grids.loc["c", ["from_codes", "to_codes"]].tolist() == ["a", ""]
    assert found.grids.loc["c", ["code_before", "code_after"]].isna().tolist() == [True, False]
    [row] = found.totals.to_dict("records")
    wanted = {"grids_before": 2, "grids_after": 3, "split": 2, "unchanged": 1, "area_moved_m2": 20_000.0, "area_lost_m2": 0.0}
    assert {name: row[name] for name in wanted} == wanted
    [move] = found.moves.itertuples()
    assert (move.from_code, move.to_code, move.move, move.area_m2) == ("a", "c", "split", 20_000.0)
    assert shapely.equals(move.geometry, shapely.box(100, 0, 300, 100))


def test_digitising_slivers_are_no_change_and_are_shown_apart() -> None:
    old = drawn("aabb", "aabb")
    shaken = old.geometry.copy()
    shaken["a"] = shapely.Polygon([(0, 0), (200.4, 0), (199.7, 100), (200.3, 200), (0, 200)])
    shaken["b"] = shapely.Polygon([(200.4, 0), (400, 0), (400, 200), (200.3, 200), (199.7, 100)])
    new = old.set_geometry(shaken)
    found = plan.compare(old, new)
    assert not found
    assert found.grids["change"].tolist() == ["unchanged"] * 2
    assert found.grids["slivers_m2"].to_numpy() == pytest.approx(shapely.area(new.geometry) - shapely.area(old.geometry))
    assert set(found.moves["move"]) == {"sliver"}
    outlines = gpd.overlay(old.reset_index(), new.reset_index(), how="intersection", keep_geom_type=True)
    between = outlines[outlines["grid_code_1"] != outlines["grid_code_2"]].area.sum()
    assert found.totals["slivers_m2"].tolist() == pytest.approx([between])
    conserved(found)
    strict = plan.compare(old, new, sliver_width_m=0.0)
    assert strict.grids["change"].tolist() == ["changed"] * 2
    assert strict.totals["area_moved_m2"].tolist() == pytest.approx([between])
    conserved(strict)


def test_a_strip_as_wide_as_a_sliver_may_be_is_a_change() -> None:
    old = drawn("aabb")
    moved = old.set_geometry([shapely.box(0, 0, 201.01, 100), shapely.box(201.01, 0, 400, 100)])
    assert plan.difference(old, moved)["change"].tolist() == ["changed"] * 2
    assert plan.difference(old, moved, sliver_width_m=1.02)["change"].tolist() == ["unchanged"] * 2


def test_counts_and_posts_change_hands_where_they_lie() -> None:
    old, new = drawn("aabb"), drawn("cdbb")
    middles = [shapely.Point(50 + 100 * n, 50) for n in range(4)]
    buildings = gpd.GeoDataFrame({"households": [1, 2, 3, 4]}, geometry=[point.buffer(5) for point in middles], crs=old.crs)
    events = gpd.GeoDataFrame(geometry=[*middles, middles[1], shapely.Point(900, 900), None], crs=old.crs)
    staff = pd.DataFrame({"grid_code": ["a", "a", "b", None]})
    found = plan.compare(old, new, buildings=buildings, events=events, staff=staff)
    rows = found.grids
    assert rows.loc["a", ["households_before", "households_lost", "buildings_lost", "events_lost", "staff_lost"]].tolist() == [
        3,
        3,
        2,
        3,
        2,
    ]
    assert rows.loc["d", ["households_gained", "events_gained", "events_after", "staff_gained"]].tolist() == [2, 2, 2, 0]
    assert rows.loc["c", ["households_gained", "staff_gained"]].tolist() == [1, 2]  # halves of one size: the smaller code
    assert rows.loc["b", ["households_before", "households_gained", "staff_after"]].tolist() == [7, 0, 1]
    moved = found.totals[["households_moved", "buildings_moved", "events_moved", "staff_moved", "households_before", "events_before"]]
    assert moved.iloc[0].tolist() == [3, 2, 3, 2, 10, 5]
    conserved(found, ("households", "buildings", "events", "staff"))


def test_posts_of_a_grid_that_is_gone_are_shown_with_most_of_its_ground() -> None:
    found = plan.difference(drawn("aaab"), drawn("cddb"), staff=pd.DataFrame({"grid_code": ["a", "a"]}))
    assert found["staff_gained"].to_dict() == {"a": 0, "b": 0, "c": 0, "d": 2}


def test_a_notch_of_less_than_a_square_metre_is_a_sliver_of_any_width() -> None:
    old = drawn("aabb")
    notch = shapely.box(200, 50, 200.9, 51)
    moved = old.set_geometry([old.geometry["a"].union(notch), old.geometry["b"].difference(notch)])
    assert plan.difference(old, moved, sliver_width_m=0.0)["change"].tolist() == ["unchanged"] * 2


def test_a_corner_of_a_vast_grid_is_not_overlooked() -> None:
    old = drawn("a").set_geometry([shapely.box(0, 0, 50_000, 50_000)])
    found = plan.compare(old, old.set_geometry([old.geometry["a"].difference(shapely.box(0, 0, 20, 20))]))
    assert found.grids.loc["a", ["change", "lost_m2"]].tolist() == ["changed", 400.0]
    assert found.moves[["from_code", "move", "area_m2"]].values.tolist() == [["a", "lost", 400.0]]
    conserved(found)


@pytest.mark.parametrize("angle", [0.1, 0.77, 2.3])
def test_borders_askew_leave_no_traces_of_rounding(angle: float) -> None:
    grids = lattice()
    turned = grids.set_geometry(grids.geometry.rotate(np.degrees(angle), origin=(500_000, 4_000_000)))
    before = plan.from_grids(turned)
    after = plan.split(before, "Q00-001", across(before, "Q00-001", angle + 0.4))
    found = plan.compare(before, after)
    assert found.moves["from_code"].tolist() == ["Q00-001"] * 2
    assert (found.grids["change"] == "split").sum() == 3
    conserved(found)


def test_parents_that_stand_in_no_table_are_compared_by_their_code() -> None:
    table = drawn("ab").assign(parent="street")
    assert plan.difference(table, table)["change"].tolist() == ["unchanged"] * 2
    assert plan.difference(table, table.assign(parent=["street", "road"]))["change"].tolist() == ["unchanged", "re_parented"]


def test_units_stand_for_the_buildings_in_them() -> None:
    old, new = drawn("aabb"), drawn("aaab")
    units = drawn("efgh")[["geometry"]].assign(households=[10, 20, 30, 40], buildings=[1, 2, 3, 4])
    found = plan.difference(old, new, buildings=units)
    assert found.loc["a", ["households_gained", "buildings_gained", "buildings_after"]].tolist() == [30, 3, 6]


def test_who_stands_on_a_sliver_has_another_grid() -> None:
    old = drawn("aabb")
    moved = old.set_geometry([shapely.box(0, 0, 200.5, 100), shapely.box(200.5, 0, 400, 100)])
    found = plan.compare(old, moved, events=gpd.GeoDataFrame(geometry=[shapely.Point(200.2, 50)], crs=old.crs))
    assert found.grids["change"].tolist() == ["unchanged"] * 2
    assert found.grids["events_gained"].tolist() == [1, 0]
    assert found.moves[["from_code", "to_code", "move", "events"]].values.tolist() == [["b", "a", "sliver", 1]]


def test_a_point_on_a_border_goes_with_the_smaller_code() -> None:
    old = drawn("bbcc")
    found = plan.compare(old, old.rename(index={"c": "a"}), events=gpd.GeoDataFrame(geometry=[shapely.Point(200, 50)], crs=old.crs))
    assert found.grids[["change", "events_gained", "events_lost"]].values.tolist() == [["recoded", 1, 0], ["unchanged", 0, 1]]
    [move] = found.moves.itertuples()
    assert (move.from_code, move.to_code, move.move, move.events, move.geometry) == ("b", "a", "sliver", 1, None)


def lines(before: plan.Plan) -> dict:
    """Return edits of a plan by name."""
    west, south, east, north = before.grids.geometry["Q00-002"].bounds
    school = shapely.box(west + 10, south + 10, west + 30, south + 30)
    return {
        "split": lambda: plan.split(before, "Q00-001", across(before, "Q00-001")),
        "split above": lambda: plan.split(before, "Q00", across(before, "Q00", 0.7)),
        "merge": lambda: plan.merge(before, ["Q00-001", "Q00-002"]),
        "merge above": lambda: plan.merge(before, ["Q00", "Q10"], code="West"),
        "transfer": lambda: plan.transfer(
            before, shapely.box(west - 9, north - 30, east + 9, north + 9), source="Q00-002", target="Q01-003"
        ),
        "reshape": lambda: plan.reshape(
            before, "Q00-001", "Q00-005", shapely.LineString([(west + 130, south - 109), (west + 90, south + 9)])
        ),
        "re-parent": lambda: plan.re_parent(before, "Q00-002", "Q01"),
        "dedicated": lambda: plan.add_dedicated(before, school, parent="Q00-002", name="school", code="D1"),
        "recode": lambda: plan.recode(before, {"Q00-002": "new"}),
    }


@pytest.mark.parametrize("name", sorted(lines(made())))
def test_edits_are_told_as_they_tell_themselves(name: str) -> None:
    before = made()
    after = lines(before)[name]()
    found = plan.compare(before, after)
    conserved(found)
    rows, told = found.grids, after.changes
    same = rows[rows["change"] == "recoded"]  # an edit knows codes alone: it retires one and adds another
    assert set(told.index[told["change"] == "retired"]) == set(rows.index[rows["code_after"].isna()]) | set(same["code_before"])
    assert set(told.index[told["change"] == "added"]) == set(rows.index[rows["code_before"].isna()]) | set(same.index)
    assert set(told.index[told["change"] == "reshaped"]) == set(rows.index[(rows["change"] == "changed")])
    assert set(told.index[told["change"] == "re_parented"]) == set(rows.index[rows["change"] == "re_parented"])
    both = told[told["change"].isin(["reshaped", "re_parented"])]
    for side in ("area_before_m2", "area_after_m2"):
        assert rows.loc[both.index, side].to_numpy() == pytest.approx(both[side].to_numpy(), rel=RELATIVE)
    gone = told[told["change"] == "retired"]["area_before_m2"]
    assert rows.set_index("code_before").loc[gone.index, "area_before_m2"].to_numpy() == pytest.approx(gone.to_numpy(), rel=RELATIVE)
    word = name.split()[0]
    expected = {
        "transfer": "changed",
        "reshape": "changed",
        "re-parent": "re_parented",
        "merge": "merged",
        "recode": "recoded",
        "dedicated": "added",
    }
    assert expected.get(word, word) in set(rows["change"])


def test_children_of_a_recoded_parent_have_the_same_parent() -> None:
    before = made()
    found = plan.difference(before, plan.recode(before, {"Q00": "N1"}))
    assert found.index[found["change"] != "unchanged"].tolist() == ["N1"]
    assert found.loc["Q00-001", ["parent_before", "parent_after", "re_parented"]].tolist() == ["Q00", "N1", False]


def test_dedicated_grids_are_a_tier_of_their_own() -> None:
    before = made()
    west, south, _, _ = before.grids.geometry["Q00-001"].bounds
    with_school = plan.add_dedicated(
        before, shapely.box(west + 10, south + 10, west + 30, south + 30), parent="Q00-001", name="s", code="D1"
    )
    larger = with_school.grids.copy()
    larger.loc["D1", "geometry"] = shapely.box(west + 10, south + 10, west + 40, south + 30)
    event = gpd.GeoDataFrame(geometry=[shapely.Point(west + 35, south + 20)], crs=before.grids.crs)
    found = plan.compare(with_school, larger, events=event)
    assert found.grids.loc["D1", ["change", "kind", "gained_m2", "events_gained"]].tolist() == ["changed", "dedicated", 200.0, 1]
    assert found.grids.drop(index="D1")["change"].eq("unchanged").all()
    last = found.totals.iloc[-1]
    assert (last["kind"], last["events_gained"], last["events_moved"], last["area_gained_m2"]) == ("dedicated", 1, 0, 200.0)
    assert pd.isna(last["level"])


@st.composite
def redrawn(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return two layers whose borders cross anywhere: strips with slanted borders, cut through at another angle."""
    tables = []
    for _ in range(2):
        low = sorted(draw(st.lists(st.integers(10, 390), min_size=1, max_size=4, unique=True)))
        shift = draw(st.integers(-9, 9))
        edges = [(0, 0), *((x, min(max(x + shift, 1), 399)) for x in low), (400, 400)]
        shapes = [shapely.Polygon([(a, 0), (b, 0), (d, 300), (c, 300)]) for (a, c), (b, d) in itertools.pairwise(edges)]
        codes = draw(st.permutations("abcdef"))[: len(shapes)]
        if draw(st.booleans()):
            shapes = [shapely.affinity.affine_transform(shape, [0, 4 / 3, 0.75, 0, 0, 0]) for shape in shapes]
        frame = {"level": 1, "kind": "base"}
        tables.append(gpd.GeoDataFrame(frame, index=pd.Index(codes, name="grid_code", dtype="str"), geometry=shapes, crs="EPSG:4547"))
    return tables[0], tables[1]


@settings(max_examples=40, deadline=None)
@given(redrawn())
def test_every_pair_shares_what_geopandas_says(layers: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    old, new = layers
    kept = old.to_wkb(), new.to_wkb()
    found = plan.compare(old, new, sliver_width_m=0.0)
    conserved(found)
    assert kept[0].equals(old.to_wkb())
    assert kept[1].equals(new.to_wkb())
    pieces = gpd.overlay(
        old.rename_axis("old").reset_index(), new.rename_axis("new").reset_index(), how="intersection", keep_geom_type=True
    )
    expected = pieces.area.groupby([pieces["old"], pieces["new"]]).sum()
    goes_on = set(zip(found.grids["code_before"], found.grids["code_after"], strict=True))
    expected = expected[[pair not in goes_on for pair in expected.index]]
    moves = found.moves.assign(area=found.moves["area_m2"] + found.moves["sliver_m2"]).set_index(["from_code", "to_code"])["area"]
    both = pd.DataFrame({"expected": expected, "found": moves}).fillna(0.0)
    assert both["found"].to_numpy() == pytest.approx(both["expected"].to_numpy(), rel=RELATIVE, abs=1e-6)
    shuffled = plan.difference(old.iloc[::-1], new.iloc[::-1], sliver_width_m=0.0)
    pd.testing.assert_frame_equal(shuffled, found.grids)


def test_a_town_in_degrees_adds_up_and_agrees_with_geopandas() -> None:
    town = towns.dongyuan()
    low = hierarchy.tier(town.grids)
    units = town.units[town.units["grid_code"].isin(low.index)]
    owner = units["grid_code"].copy()
    first, second = low.index[:2]
    owner[owner == first] = np.where(np.arange((owner == first).sum()) % 2, first, second)
    parents = town.grids["parent"]
    old, new = (plan.from_units(units, codes.astype("str"), parents=parents) for codes in (units["grid_code"], owner))
    found = plan.compare(old, new, buildings=town.buildings, events=town.events)
    conserved(found, ("households", "buildings", "events"))
    one, other = (crs.to_metric(hierarchy.tier(each.grids))[["geometry"]].reset_index() for each in (old, new))
    pieces = gpd.overlay(one, other, how="intersection", keep_geom_type=True)
    moved = pieces[(pieces["grid_code_1"] == first) & (pieces["grid_code_2"] == second)].area.sum()
    here = found.moves[(found.moves["level"] == 3) & (found.moves["from_code"] == first)]
    assert here["area_m2"].sum() == pytest.approx(moved, rel=1e-5)  # borders straight in metres
    assert found.grids.loc[[first, second], "change"].tolist() == ["changed", "changed"]


def test_threads_never_share_a_prepared_polygon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked by two threads, a prepared polygon of many corners ends the process."""
    asked = []
    relate = shapely.relate_pattern

    def watched(one: np.ndarray, other: np.ndarray, pattern: str) -> np.ndarray:
        asked.append(shapely.is_prepared(one).any() or shapely.is_prepared(other).any())
        return relate(one, other, pattern)

    old, new = drawn("aabb"), drawn("aaab").set_geometry([shapely.box(0, 0, 310, 100), shapely.box(300, 0, 400, 100)])
    shapely.prepare(old.geometry.to_numpy())
    shapely.prepare(new.geometry.to_numpy())
    monkeypatch.setattr(shapely, "relate_pattern", watched)
    with pytest.warns(GridmapWarning, match="overlap"):
        plan.difference(old, new)
    assert asked[-1] == False  # noqa: E712 - a truth value of numpy; the first call looked for overlaps, alone


def test_many_grids_are_told_alike_each_time() -> None:
    rng = np.random.default_rng(5)
    corners = np.stack(np.meshgrid(np.arange(26.0), np.arange(26.0)), axis=-1) * SIDE
    layers = []
    for _ in range(2):
        corners = corners + rng.uniform(-20, 20, corners.shape)
        rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 4, 2)
        codes = pd.Index([f"{number:03d}" for number in range(len(rings))], name="grid_code", dtype="str")
        frame = {"level": 1, "kind": "base"}
        layers.append(gpd.GeoDataFrame(frame, index=codes, geometry=shapely.polygons(shapely.linearrings(rings)), crs="EPSG:4547"))
    old, new = layers
    first = plan.compare(old, new)
    conserved(first)
    assert (first.grids["change"] == "changed").sum() > 600
    for _ in range(5):
        pd.testing.assert_frame_equal(plan.compare(old, new).grids, first.grids)
    assert not shapely.is_prepared(old.geometry.to_numpy()).any()
    pieces = gpd.overlay(old.reset_index(), new.reset_index(), how="intersection", keep_geom_type=True)
    moved = pieces[pieces["grid_code_1"] != pieces["grid_code_2"]].area.sum()
    between = first.moves.dropna(subset=["from_code", "to_code"])
    assert between[["area_m2", "sliver_m2"]].to_numpy().sum() == pytest.approx(moved, rel=1e-9)


def test_what_lies_in_two_grids_belongs_to_the_smaller_code_and_is_said() -> None:
    old, new = drawn("aabb"), drawn("aabb")
    wide = new.geometry.copy()
    wide["b"] = shapely.box(150, 0, 400, 100)
    with pytest.warns(GridmapWarning, match="grids of new overlap") as warned:
        found = plan.compare(old, new.set_geometry(wide))
    assert warned[0].message.rows == ["b"]
    assert not found
    conserved(found)


def test_a_grid_that_others_cover_altogether_is_still_the_same() -> None:
    layer = pd.concat([drawn("aabb"), drawn(".cc.")])
    with pytest.warns(GridmapWarning, match="overlap"):
        assert plan.difference(layer, layer)["change"].to_dict() == {"a": "unchanged", "b": "unchanged", "c": "unchanged"}


def test_one_side_may_be_empty() -> None:
    table = drawn("ab")
    assert plan.difference(table.iloc[:0], table)["change"].tolist() == ["added"] * 2
    assert plan.difference(table, table.iloc[:0])["change"].tolist() == ["retired"] * 2
    nothing = plan.compare(table.iloc[:0], table.iloc[:0])
    assert (len(nothing.grids), len(nothing.moves), bool(nothing)) == (0, 0, False)
    assert list(nothing.grids.columns) == list(plan.difference(table, table).columns)


def test_tiers_that_one_plan_lacks_are_new() -> None:
    two = pd.concat([drawn("AA"), drawn("ab", level=2)])
    found = plan.compare(drawn("AA"), two)
    assert found.grids["change"].to_dict() == {"A": "unchanged", "a": "added", "b": "added"}
    assert found.totals["area_gained_m2"].tolist() == [0.0, 20_000.0]


def test_what_cannot_be_compared_is_refused() -> None:
    table = drawn("ab")
    with pytest.raises(CRSError, match="old, new"):
        plan.difference(table, drawn("ab", crs="EPSG:4548"))
    with pytest.raises(SchemaError, match="level"):
        plan.difference(table.drop(columns="level"), table)
    with pytest.raises(SchemaError, match="sliver_width_m"):
        plan.difference(table, table, sliver_width_m=-1.0)
    with pytest.raises(SchemaError, match="sliver_width_m"):
        plan.difference(table, table, sliver_width_m=np.nan)
    with pytest.raises(SchemaError, match="new"):
        plan.difference(table, pd.concat([table, table]))
    bow_tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    with pytest.raises(PlanError, match="missing or invalid"):
        plan.difference(table, table.set_geometry([bow_tie, table.geometry["b"]]))
    with pytest.raises(PlanError, match="missing or invalid"):
        plan.difference(table, table.set_geometry([None, table.geometry["b"]]))
    points = gpd.GeoDataFrame({"households": [-1]}, geometry=[shapely.Point(50, 50)], crs=table.crs)
    with pytest.raises(SchemaError, match="households has a negative"):
        plan.difference(table, table, buildings=points)
    with pytest.raises(CRSError, match="old, events"):
        plan.difference(table, table, events=points.set_crs("EPSG:4548", allow_override=True))
    with pytest.raises(SchemaError, match="grid_code"):
        plan.difference(table, table, staff=pd.DataFrame({"post": ["x"]}))


def test_gaps_in_counts_and_strange_posts_are_said() -> None:
    table = drawn("ab")
    points = gpd.GeoDataFrame({"households": [2, None]}, geometry=[shapely.Point(50, 50)] * 2, crs=table.crs)
    with pytest.warns(GridmapWarning, match="households is missing in some rows"):
        assert plan.difference(table, table, buildings=points)["households_before"].tolist() == [2, 0]
    with pytest.warns(GridmapWarning, match="posts belong to none"):
        assert plan.difference(table, table, staff=pd.DataFrame({"grid_code": ["a", "nobody"]}))["staff_before"].tolist() == [1, 0]


def test_tables_as_files_give_them_are_taken() -> None:
    old = drawn("aabb").rename(index={"a": 1, "b": 2})
    high = old.set_geometry(shapely.force_3d(old.geometry, 7.0)).set_axis(pd.CategoricalIndex([1, 2], name="code"))
    high = high.astype({"level": float}).assign(name=[5, None])
    found = plan.compare(old, high)
    assert found.grids["change"].to_dict() == {"1": "unchanged", "2": "unchanged"}
    assert not shapely.has_z(found.moves.geometry.to_numpy()).any()
    pieces = drawn("abab").set_geometry(drawn("abab").geometry.to_numpy())
    assert set(pieces.geom_type) == {"MultiPolygon"}
    assert plan.difference(pieces, drawn("aabb"))["change"].tolist() == ["changed"] * 2


def test_staff_tables_that_name_people_are_refused_without_the_name() -> None:
    table = drawn("ab")
    with pytest.raises(SchemaError) as refused:
        plan.difference(table, table, staff=pd.DataFrame({"grid_code": ["a"], "name": ["Zhang San"]}))
    assert "Zhang" not in str(refused.value)


# (old grids that were split, grids that came of them), (old grids that were merged, grids that came of them)
TURNED = {
    "split that keeps the code": ((1, 2), (0, 0)),
    "split under new codes": ((1, 2), (0, 0)),
    "split in three": ((1, 3), (0, 0)),
    "merge under a new code": ((0, 0), (2, 1)),
    "merge that keeps the code": ((0, 0), (2, 1)),
    "dissolved": ((0, 0), (2, 1)),
    "transfer": ((0, 0), (0, 0)),
}


@pytest.mark.parametrize("name", sorted(TURNED))
def test_a_split_counts_what_was_split_and_what_came_of_it(name: str) -> None:
    old, new, _ = KNOWN[name]
    [row] = plan.compare(drawn(*old), drawn(*new)).totals.to_dict("records")
    assert tuple((row[f"{word}_before"], row[f"{word}_after"]) for word in ("split", "merged")) == TURNED[name]
    [back] = plan.compare(drawn(*new), drawn(*old)).totals.to_dict("records")
    assert (back["merged_after"], back["merged_before"]) == TURNED[name][0]


def test_totals_in_words_say_one_grid_into_two() -> None:
    [tier] = [row for _, row in plan.compare(drawn("aabbcdee"), drawn("fghijjee")).totals.iterrows()]
    assert in_words(tier, "zh") == "拆分 2 个网格 → 4 个、合并 2 个网格 → 1 个、未变 1"
    assert in_words(tier, "en") == "split 2 -> 4, merged 2 -> 1, unchanged 1"
