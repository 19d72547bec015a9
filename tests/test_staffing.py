"""Posts of grids: the published totals of the district, and every grid that nobody or two people answer for."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import schema, synth, workload
from gridmap.errors import GridmapWarning, SchemaError

PUBLISHED = json.loads((Path(__file__).parent / "reference" / "jianyang_staff.json").read_text(encoding="utf-8"))
LEVELS = {"A": 1, "B": 1, "A1": 2, "A2": 2, "B1": 2, "B2": 2, "D": 2}


def staff_of(*rows: tuple[str | None, str, str | None]) -> pd.DataFrame:
    index = pd.Index([f"p{number}" for number in range(1, len(rows) + 1)], name="post_id", dtype="str")
    return pd.DataFrame(rows, columns=["grid_code", "role", "holder"], index=index)


@pytest.fixture
def full() -> pd.DataFrame:
    """Return a post for each grid of `two_tiers`, p1 to p7, held by h1 to h7."""
    roles = {"A": "chief", "B": "chief", "A1": "worker", "A2": "worker", "B1": "worker", "B2": "worker", "D": "dedicated"}
    return staff_of(*((code, role, f"h{number}") for number, (code, role) in enumerate(roles.items(), 1)))


@pytest.fixture(scope="module")
def district() -> synth.Town:
    return towns.jianyang()


def found(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    return list(workload.check(staff, grids).itertuples(index=False, name=None))


# the published totals


def test_the_published_totals_come_out(district):
    totals = workload.totals(district.staff, district.grids)
    by_role = totals.groupby("role")[["posts", "held"]].sum()
    assert by_role["posts"].to_dict() == PUBLISHED["posts"]
    assert by_role["held"].to_dict() == PUBLISHED["posts"]
    levels, grids = PUBLISHED["grids"], totals["grids"].groupby(["level", "kind"]).first()
    assert [grids[level, "base"] for level in (1, 2, 3)] == [levels["level_1"], levels["level_2"], levels["level_3"]]
    assert grids.xs("dedicated", level="kind").sum() == levels["dedicated"]
    chiefs = totals.xs("chief", level="role")["posts"]
    assert (chiefs[1, "base"], chiefs[2, "base"]) == (levels["level_1"], levels["level_2"])
    assert PUBLISHED["posts"]["chief"] == levels["level_1"] + levels["level_2"]
    dedicated = totals.xs("dedicated", level="role").sum()
    assert (dedicated["posts"], dedicated["staffed"]) == (69, 67)


def test_the_district_and_the_community_have_somebody_in_charge_everywhere(district):
    community = towns.dongyuan()
    for town in (district, community):
        assert workload.check(town.staff, town.grids).empty
    workers = workload.totals(community.staff, community.grids).loc[(3, "base", "worker")]
    assert workers.tolist() == [16, 16, 16, 16]  # grids, staffed, posts, held: published of the community


def test_posts_of_a_grid_are_its_own(district):
    posts = workload.posts(district.staff, district.grids)
    assert posts.index.equals(district.grids.index)
    assert posts.columns.tolist() == list(schema.ROLES)
    assert posts.sum().to_dict() == PUBLISHED["posts"]
    third = district.grids.index[(district.grids["level"] == 3) & (district.grids["kind"] == "base")]
    assert (posts.loc[third, ["worker"]] == 1).all().all()
    assert posts.loc[third, ["chief", "instructor", "police", "manager", "dedicated"]].sum().sum() == 0


# drawn cases


def test_every_grid_has_its_post(full, two_tiers):
    assert found(full, two_tiers) == []
    assert found(full.drop(columns="holder"), two_tiers) == []
    assert workload.posts(full, two_tiers).sum(axis=1).tolist() == [1] * 7


def test_nobody_and_two(full, two_tiers):
    full.loc["p1", "holder"] = None  # A's chief
    full.loc["p7", "holder"] = " "  # D's own worker
    more = staff_of(("A2", "worker", "h9"), ("B1", "worker", "h5"), ("B2", "assistant", "h6"), ("B2", "assistant", "h10"))
    more.index = ["q1", "q2", "q3", "q4"]
    assert found(pd.concat([full.drop("p3"), more]), two_tiers) == [
        ("no_post", "A1", "worker", ""),
        ("vacant", "A", "chief", "p1"),
        ("vacant", "D", "dedicated", "p7"),
        ("two_holders", "A2", "worker", "p4;q1"),
        ("two_posts", "B1", "worker", "p5;q2"),
    ]


def test_a_vacant_second_post_is_no_second_holder(full, two_tiers):
    for second in (None, " h6 "):
        more = staff_of(("B2", "worker", second)).set_axis(["q1"])
        assert found(pd.concat([full, more]), two_tiers) == [("two_posts", "B2", "worker", "p6;q1")]
    without = pd.concat([full, more]).drop(columns="holder")
    assert found(without, two_tiers) == [("two_holders", "B2", "worker", "p6;q1")]


def test_posts_at_no_grid_or_the_wrong_one_are_listed(full, two_tiers):
    more = staff_of(("A1", "dedicated", "h8"), ("C", "worker", "h9"), (None, "police", "h10")).set_axis(["q1", "q2", "q3"])
    staff = pd.concat([full, more])
    table = workload.check(staff, two_tiers)
    assert table[["kind", "post_ids"]].to_numpy().tolist() == [["wrong_grid", "q1"], ["unknown_grid", "q2"], ["unknown_grid", "q3"]]
    assert table["grid_code"].isna().tolist() == [False, False, True]
    for function in (workload.posts, workload.totals):
        with pytest.warns(GridmapWarning, match="none of the grids given and are counted nowhere; 2 rows, first: q2, q3"):
            function(staff, two_tiers)


def test_totals_count_grids_posts_and_holders(full, two_tiers):
    full.loc[["p3", "p4"], "holder"] = None
    totals = workload.totals(full, two_tiers)
    assert totals.index.names == ["level", "kind", "role"]
    assert len(totals) == 3 * len(schema.ROLES)
    assert totals.loc[(2, "base", "worker")].to_dict() == {"grids": 4, "staffed": 2, "posts": 4, "held": 2}
    assert totals.loc[(1, "base", "chief")].to_dict() == {"grids": 2, "staffed": 2, "posts": 2, "held": 2}
    assert totals.loc[(1, "base", "worker")].to_dict() == {"grids": 2, "staffed": 0, "posts": 0, "held": 0}


def test_one_level_alone_needs_workers(three_by_three):
    table = workload.check(staff_of(("a", "worker", "h1")), three_by_three)
    assert table["kind"].tolist() == ["no_post"] * 8
    assert set(table["role"]) == {"worker"}


def test_nothing_in_nothing_out(full, two_tiers):
    assert workload.posts(full.iloc[:0], two_tiers).to_numpy().sum() == 0
    assert workload.totals(full.iloc[:0], two_tiers)["posts"].sum() == 0
    assert workload.check(full.iloc[:0], two_tiers)["kind"].tolist() == ["no_post"] * 7
    with pytest.warns(GridmapWarning, match="7 rows"):
        assert workload.totals(full, two_tiers.iloc[:0]).empty
    assert workload.check(full.iloc[:0], two_tiers.iloc[:0]).columns.tolist() == ["kind", "grid_code", "role", "post_ids"]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*LEVELS, "X", None]), st.sampled_from(schema.ROLES), st.sampled_from(["h1", "h2", None])), max_size=20
    ),
    st.randoms(use_true_random=False),
)
@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")
def test_no_post_is_lost_and_order_does_not_matter(rows, random):
    codes = list(LEVELS)
    frame = {"level": list(LEVELS.values()), "kind": ["base"] * 6 + ["dedicated"], "parent": None}
    grids = gpd.GeoDataFrame(frame, index=codes, geometry=[None] * 7, crs="EPSG:4548")
    staff = staff_of(*rows)
    posts, totals, table = (function(staff, grids) for function in (workload.posts, workload.totals, workload.check))
    elsewhere = (table["kind"] == "unknown_grid").sum()
    assert posts.to_numpy().sum() + elsewhere == totals["posts"].sum() + elsewhere == len(staff)
    assert (totals["held"] <= totals["posts"]).all()
    assert (totals["staffed"] <= totals[["grids", "held"]].min(axis=1)).all()
    unanswered = set(table.loc[table["kind"].isin(["no_post", "vacant"]), "grid_code"])
    for code in codes:  # by the plain rule, post by post
        role = "dedicated" if code == "D" else "chief" if LEVELS[code] == 1 else "worker"
        assert (code in unanswered) == (not any(row[0] == code and row[1] == role and row[2] for row in rows))
    turned = staff.sample(frac=1, random_state=random.randrange(1000))
    pd.testing.assert_frame_equal(workload.check(turned, grids.iloc[::-1]), table)
    pd.testing.assert_frame_equal(workload.posts(turned, grids), posts)


# what is refused


def test_people_are_numbers(full, two_tiers):
    with pytest.raises(SchemaError, match="columns 姓名 of staff look like names") as raised:
        workload.check(full.assign(姓名="张三"), two_tiers)
    assert "张三" not in str(raised.value)
    with pytest.raises(SchemaError, match=r"identifiers in holder of staff have no digit .*; 1 rows, first: 2") as raised:
        workload.posts(full.assign(holder=["h1", "张三", *full["holder"][2:]]), two_tiers)
    assert "张三" not in str(raised.value)
    for named in (full.rename(index={"p1": "张三"}), full.rename(index={"p1": "张三", "p2": "张三"})):
        with pytest.raises(SchemaError, match="identifiers in post_id of staff have no digit") as raised:
            workload.check(named, two_tiers)
        assert "张三" not in str(raised.value)
    with pytest.raises(SchemaError, match="column holder of staff holds what looks like identity or phone numbers") as raised:
        workload.totals(full.assign(holder=[13800138000, *range(6)]), two_tiers)
    assert "13800138000" not in str(raised.value)


def test_tables_that_break_the_contract_are_named(full, two_tiers):
    with pytest.raises(SchemaError, match="staff lacks the columns role"):
        workload.posts(full.drop(columns="role"), two_tiers)
    with pytest.raises(SchemaError, match=r"column role of staff has unknown codes; .*given: boss; 1 rows, first: p1"):
        workload.posts(full.replace({"role": {"chief": "boss"}}).drop("p2"), two_tiers)
    with pytest.raises(SchemaError, match="duplicate identifiers; 1 rows, first: p1"):
        workload.posts(pd.concat([full, full.head(1)]), two_tiers)
    with pytest.raises(SchemaError, match="grids has duplicate identifiers"):
        workload.check(full, pd.concat([two_tiers, two_tiers.head(1)]))
    with pytest.raises(SchemaError, match="kind in grids must be base or dedicated"):
        workload.check(full, two_tiers.assign(kind="Base"))
    with pytest.raises(SchemaError, match="staff is not a DataFrame; given: list"):
        workload.check([], two_tiers)
