"""Reports: what they say, that their figures are right, that they are one safe offline file."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browser_fixture import browser, open_page, page  # noqa: F401 - fixtures

from gridmap import assign, hotspot, report
from gridmap.errors import SchemaError
from gridmap.report.counts import tally

PAYLOADS = [
    "<script>window.__hit=1</script>", "</script><img src=x onerror=window.__hit=1>", "</style><svg onload=window.__hit=1>",
    "</title><iframe srcdoc='<script>parent.__hit=1</script>'>", "${window.__hit=1}`'\"\\", "{{ 7*7 }}{% raw %}",
    '" autofocus onfocus=window.__hit=1 x="', "<a href=javascript:window.__hit=1>x</a>",
]  # fmt: skip
ZOOM = "() => [...gridmap.entries.keys()][0].getZoom()"


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """Sixty-four 100 m squares in eight rows."""
    codes = [f"g{n:02}" for n in range(64)]
    squares = [shapely.box(100 * (n % 8), 100 * (n // 8), 100 * (n % 8) + 100, 100 * (n // 8) + 100) for n in range(64)]
    frame = {"name": [f"Grid {code}" for code in codes], "level": 1, "kind": "base", "parent": None}
    return gpd.GeoDataFrame(frame, index=pd.Index(codes, name="grid_code"), geometry=squares, crs="EPSG:4548")


@pytest.fixture
def events(town) -> gpd.GeoDataFrame:
    """One event in every grid, thirty more in each of the four south-western grids, three outside, two without coordinates."""
    inside = list(town.centroid)
    gathered = [point for code in ("g00", "g01", "g08", "g09") for point in [town.centroid[code]] * 30]
    points = [*inside, *gathered, *[shapely.Point(-500, n) for n in range(3)], None, None]
    times = pd.date_range("2021-01-04", periods=len(points), freq="26h", tz="Asia/Shanghai")
    index = pd.Index([f"e{n}" for n in range(len(points))], name="event_id")
    categories = ["noise"] * 64 + ["waste"] * (len(points) - 65) + [None]
    return gpd.GeoDataFrame({"category": categories, "reported_at": times}, index=index, geometry=points, crs=town.crs)


def written(town, events, **options) -> str:
    owner = assign.to_grids(events, town)
    result = hotspot.gi_star(assign.count(events, town)["events"], town, permutations=99)
    about = report.About(**{"lang": "en", "source": "Survey"} | options)
    waste = events[events["category"] == "waste"]
    parts = {"waste": hotspot.gi_star(assign.count(waste, town)["events"], town, permutations=99)}
    return report.hotspots(result, town, events, owner, about=about, categories=parts, permutations=99)


@pytest.fixture
def open_report(page, tmp_path):  # noqa: F811
    """Open a report and return the browser's page."""

    def opened(html: str):
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function("() => window.gridmap && [...gridmap.entries.keys()].some(map => map.gridmapReady)")
        return page

    return opened


def rows(opened, heading: str) -> list[list[str]]:
    """Return the cells of the first table after a heading."""
    table = opened.locator(f"xpath=//h2[normalize-space()='{heading}']/following::table[1]//tbody/tr")
    return [row.locator("td").all_inner_texts() for row in table.all()]


def test_every_figure_of_the_report(open_report, town, events):
    opened = open_report(written(town, events))
    figures = dict(re.findall(r"([\d,]+)\n+([a-z -]+)", opened.locator(".figures").inner_text()))
    # By hand for g02: 6 grids hold 66, expected 17.25, s = 7.262, z = 48.75 / (7.262 sqrt(348 / 63)) = 2.86, q = 0.0043 x 64 / 6 = 0.046.
    words = ("events", "in a grid", "outside every grid", "without coordinates", "hot-spot grids", "cold-spot grids")
    assert figures == dict(zip(("189", "184", "3", "2", "6", "0"), words, strict=True))
    assert opened.locator(".lead").inner_text().startswith("Hot spots: 6 of 64 grids (4 at 99 %, 2 at 95 %, 0 at 90 %")
    table = rows(opened, "Significant grids")
    hottest = {(row[0], row[1], row[2]) for row in table[:4]}
    assert hottest == {(code, f"Grid {code}", "31") for code in ("g00", "g01", "g08", "g09")}
    assert all("clearly more events than the average of the area" in row[6] for row in table[:4])
    assert {(row[0], row[3], row[5]) for row in table[4:]} == {("g02", "+2.86", "0.046"), ("g16", "+2.86", "0.046")}
    assert "Period: 2021-01-04 – 2021-07-26 · Source: Survey" in opened.locator(".facts").inner_text()
    assert "2 without coordinates" in opened.locator("body").inner_text()


def test_counts_by_category_and_by_month_add_up(open_report, town, events):
    opened = open_report(written(town, events))
    categories = rows(opened, "By category")
    assert [row[:3] for row in categories] == [["waste", "124", "65.6%"], ["noise", "64", "33.9%"], ["no category", "1", "0.5%"]]
    months = rows(opened, "By month")
    expected = events["reported_at"].dt.tz_localize(None).dt.strftime("%Y-%m").value_counts().sort_index()
    assert {row[0]: int(row[1]) for row in months} == expected.to_dict()


def test_each_category_has_a_section_and_a_layer(open_report, town, events):
    opened = open_report(written(town, events))
    assert "waste n = 124, in a grid 120, hot-spot grids 6" in opened.locator("h3").inner_text()
    names = opened.evaluate("() => [...gridmap.entries.values()][0].map(entry => [entry.data.name, entry.shown])")
    assert names == [["Hot and cold spots: waste", False], ["Events per grid", False], ["Hot and cold spots (all categories)", True]]


def test_a_click_on_a_code_zooms_the_map_to_the_grid(open_report, town, events):
    opened = open_report(written(town, events))
    before = opened.evaluate(ZOOM)
    opened.locator("button.gm-zoom", has_text="g09").first.click()
    opened.wait_for_function(f"() => ({ZOOM})() > {before}")


def test_the_report_in_chinese(open_report, town, events):
    opened = open_report(written(town, events, lang="zh", synthetic=True))
    text = opened.locator("body").inner_text()
    for words in (
        "事件热点报告",
        "合成数据",
        "显著热点（99% 置信）：本网格及相邻网格的事件明显多于全区平均水平",
        "Getis-Ord Gi*",
        "FDR",
        "99 次随机置换",
    ):
        assert words in text
    assert opened.locator("html").get_attribute("lang") == "zh-CN"


def test_nothing_significant_is_said_plainly(open_report, town, events):
    even = events.iloc[:64]
    result = hotspot.gi_star(assign.count(even, town)["events"], town, permutations=0)
    html = report.hotspots(result, town, even, assign.to_grids(even, town), about=report.About("en"), permutations=0)
    text = open_report(html).locator("body").inner_text()
    assert "None of the 64 grids is a significant hot or cold spot" in text
    assert "None of the 64 grids has q below 0.10." in text
    assert "Nothing was permuted, so the column p is empty" in text
    assert "permutations" not in text


def test_a_grid_that_stands_out_alone_is_called_so(town, events):
    counts = pd.Series(1, index=town.index)
    counts["g27"] = 200
    result = hotspot.gi_star(counts, town, permutations=99)
    points = gpd.GeoDataFrame(geometry=[point for code, n in counts.items() for point in [town.centroid[code]] * n], crs=town.crs)
    html = report.hotspots(result, town, points, assign.to_grids(points, town), about=report.About("en"), permutations=99)
    alone = re.search(r">g27</button>.*?</tr>", html, flags=re.DOTALL)[0]
    assert result.loc["g27", "p_sim"] >= 0.1
    assert "its neighbours taken alone do not stand out (p ≥ 0.10)" in alone


def test_few_grids_bring_a_caution(three_by_three):
    points = gpd.GeoDataFrame(geometry=[shapely.Point(50, 50)], crs="EPSG:4548")
    result = hotspot.gi_star(assign.count(points, three_by_three)["events"], three_by_three, permutations=9)
    html = report.hotspots(
        result, three_by_three, points, assign.to_grids(points, three_by_three), about=report.About("en"), permutations=9
    )
    assert "Caution: with 9 grids the test has little power" in html
    assert "The data carry no category." in html
    assert "The data carry no time of report." in html


def test_density_report_finds_the_peak(open_report, town, events):
    surface = hotspot.density(events, bandwidth_m=100, cell_m=25)
    opened = open_report(report.density(surface, events, town, about=report.About("en"), bandwidth_m=100))
    best = rows(opened, "Peaks of the density")[0]
    assert best[0] == "1"
    assert float(best[1].replace(",", "")) == pytest.approx(surface.values.max(), abs=0.5)
    assert best[3] in ("g00", "g01", "g08", "g09")
    longitude, latitude = map(float, best[5].split(","))
    place = gpd.GeoSeries([shapely.Point(longitude, latitude)], crs=4326).to_crs(town.crs).iloc[0]
    assert place.distance(shapely.Point(100, 100)) < 50
    near = events.geometry.dropna().distance(place) <= 100
    assert int(best[2]) == pytest.approx(near.sum(), abs=30)
    assert opened.locator("img.leaflet-image-layer").count() == 1


def test_density_without_events_or_grids(open_report, events):
    none = events.iloc[-2:]
    surface = hotspot.density(none, bandwidth_m=100, cell_m=25)
    opened = open_report(report.density(surface, none, about=report.About("zh"), bandwidth_m=100))
    assert "没有带坐标的事件。" in opened.locator("body").inner_text()


@pytest.mark.parametrize(("days", "step", "count"), [(10, "day", 11), (50, "week", 8), (200, "month", 7)])
def test_the_step_follows_the_span(days, step, count):
    times = pd.to_datetime(["2021-01-04 00:30+08:00", f"{pd.Timestamp('2021-01-04') + pd.Timedelta(days=days):%Y-%m-%d} 12:00+08:00"])
    frame = gpd.GeoDataFrame({"reported_at": times}, geometry=[None, None], crs=4326)
    found = tally(frame, "en")
    assert (found.step, len(found.by_period)) == (step, count)
    assert (sum(row.n for row in found.by_period), found.untimed, found.unlocated) == (2, 0, 2)
    assert found.by_period[0].label.startswith("2021-01")


def test_hostile_texts_are_shown_and_never_run(browser, town, events):  # noqa: F811
    # Without the policy, so that escaping alone has to hold.
    opened = open_page(browser, bypass_csp=True)
    for payload in PAYLOADS:
        grids = town.rename(index={"g00": payload}).assign(name=payload)
        hostile = events.assign(category=events["category"].where(events["category"] != "waste", payload))
        result = hotspot.gi_star(assign.count(hostile, grids)["events"], grids, permutations=9)
        about = report.About("en", title=payload, source=payload)
        owner = assign.to_grids(hostile, grids)
        html = report.hotspots(result, grids, hostile, owner, about=about, categories={payload: result}, permutations=9)
        opened.set_content(html)
        opened.wait_for_function("() => window.gridmap && [...gridmap.entries.keys()].some(map => map.gridmapReady)")
        text = opened.evaluate("() => document.body.innerText")
        assert text.count(payload) >= 12, payload
        assert payload in opened.evaluate("() => document.title"), payload
        assert opened.evaluate("() => window.__hit") is None, payload
        assert (
            opened.evaluate("() => document.querySelectorAll('img, iframe, a:not([class^=leaflet])').length + document.scripts.length") == 2
        )
    assert (opened.gridmap_dialogs, opened.gridmap_errors) == ([], [])
    opened.context.close()


def test_parts_that_do_not_belong_together(town, events):
    owner = assign.to_grids(events, town)
    result = hotspot.gi_star(assign.count(events, town)["events"], town, permutations=0)
    about = report.About("en")
    with pytest.raises(SchemaError, match="result and the grids have different identifiers"):
        report.hotspots(result.iloc[1:], town, events, owner, about=about)
    with pytest.raises(SchemaError, match="not the same rows"):
        report.hotspots(result, town, events, owner.iloc[1:], about=about)
    with pytest.raises(SchemaError, match="assignment and the grids have different identifiers"):
        report.hotspots(result, town, events, owner.replace("g05", "elsewhere"), about=about)


def test_inputs_stay_as_they_were(town, events):
    grids, places = town.copy(), events.copy()
    first = written(town, events)
    pd.testing.assert_frame_equal(town, grids)
    pd.testing.assert_frame_equal(events, places)
    assert written(town, events) == first


def test_requests_of_los_angeles_in_one_file(open_report, shared_data):
    grids = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson")[["name", "nc_id", "geometry"]]
    grids = grids.assign(level=1, kind="base", parent=None).set_index(grids["nc_id"].astype(str).rename("grid_code"))
    table = pd.read_csv(shared_data / "la311" / "requests.csv", usecols=["srnumber", "requesttype", "createddate", "latitude", "longitude"])
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    points[table["longitude"].isna().to_numpy()] = None
    columns = {"category": table["requesttype"].to_numpy(), "reported_at": pd.to_datetime(table["createddate"], format="mixed").to_numpy()}
    events = gpd.GeoDataFrame(columns, geometry=points, crs=4326, index=table["srnumber"])
    result = hotspot.gi_star(assign.count(events, grids)["events"], grids, permutations=99)
    html = report.hotspots(result, grids, events, assign.to_grids(events, grids), about=report.About("en"), permutations=99)
    assert len(html.encode()) < 1_000_000
    opened = open_report(html)
    assert "10,000\nevents" in re.sub(r"\n+", "\n", opened.locator(".figures").inner_text())
    assert "11\nwithout coordinates" in re.sub(r"\n+", "\n", opened.locator(".figures").inner_text())
    assert opened.evaluate("() => [...gridmap.entries.values()][0].at(-1).layer.getLayers().length") == 99
    assert np.isfinite(opened.evaluate(ZOOM))


def test_hints_for_the_mouse_are_not_printed(open_report, town, events):
    opened = open_report(written(town, events))
    hint = opened.locator(".on-screen")
    assert hint.is_visible()
    opened.emulate_media(media="print")
    assert not hint.is_visible()
    opened.emulate_media(media="screen")
