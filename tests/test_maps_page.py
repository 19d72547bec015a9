"""The page in a browser with the network closed: what is drawn, what is said, what is never run."""

import re
from base64 import b64encode
from hashlib import sha256

import categories
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from browser_fixture import browser, open_page, page  # noqa: F401 - fixtures

from gridmap import hierarchy, maps
from gridmap.hotspot import density
from gridmap.maps import assets

DRAWN = "() => { const c = document.querySelector('canvas.leaflet-zoom-animated'); return !!c && c.width > 0; }"
PARTS = """() => { const found = {}; for (const list of gridmap.entries.values()) for (const entry of list)
    found[entry.data.name] = entry.shown && entry.layer.getLayers ? entry.layer.getLayers().length : 0; return found; }"""
INK = """() => { const c = document.querySelector('.leaflet-overlay-pane canvas');
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let ink = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) ink++; return ink / (d.length / 4); }"""
CENTRE = """([layer, part]) => { const [map, list] = [...gridmap.entries][0]; const parts = list[layer].layer.getLayers();
    return map.latLngToContainerPoint(parts[part].getBounds().getCenter()); }"""

PAYLOADS = [
    "<script>window.__hit=1</script>",
    "</script><script>window.__hit=1</script>",
    "</title><script>window.__hit=1</script>",
    "</style><script>window.__hit=1</script>",
    "<img src=x onerror=window.__hit=1>",
    "<svg onload=window.__hit=1>",
    "<svg><animate onbegin=window.__hit=1 attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.__hit=1</script>'></iframe>",
    "<details open ontoggle=window.__hit=1>x</details>",
    "<input autofocus onfocus=window.__hit=1>",
    "<body onpageshow=window.__hit=1>",
    "<a href=javascript:window.__hit=1>x</a>",
    "<meta http-equiv=refresh content=0;url=javascript:window.__hit=1>",
    "<template><script>window.__hit=1</script></template>",
    "<!--<script>window.__hit=1//-->",
    "--><script>window.__hit=1</script>",
    "]]><script>window.__hit=1</script>",
    "${window.__hit=1}",
    "`${window.__hit=1}`",
    "`+(window.__hit=1)+`",
    "'+(window.__hit=1)+'",
    '"+(window.__hit=1)+"',
    "';window.__hit=1;//",
    '";window.__hit=1;//',
    "\\'-(window.__hit=1)-\\'",
    "\\u003cimg src=x onerror=window.__hit=1\\u003e",
    "&lt;img src=x onerror=window.__hit=1&gt;",
    "{{ cycler.__init__.__globals__ }}{% raw %}{{7*7}}",
    "\u2028window.__hit=1\u2029",
    '" onmouseover="window.__hit=1" x="',
]


@pytest.fixture
def open_map(page, tmp_path):  # noqa: F811
    """Open a page of layers and return the browser's page."""

    def opened(layers, **options):
        path = tmp_path / "map.html"
        path.write_text(maps.page(layers, **{"title": "Map", "lang": "en"} | options), encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function(DRAWN)
        page.wait_for_timeout(100)
        return page

    return opened


def events(count: int = 3) -> gpd.GeoDataFrame:
    points = [shapely.Point(20 + 40 * n, 30) for n in range(count)]
    return gpd.GeoDataFrame({"category": ["noise"] * count}, geometry=points, crs="EPSG:4548", index=[f"e{n}" for n in range(count)])


def test_everything_is_drawn_and_nothing_is_asked_for(open_map, three_by_three, two_tiers):
    values = pd.Series(range(9), index=three_by_three.index)
    spots = gpd.GeoDataFrame(geometry=[shapely.Point(150, 150)] * 30, crs="EPSG:4548")
    finding = {"kind": ["gap"], "grid_codes": ["a;b"], "area_m2": [1.0]}
    layers = [
        maps.context_layer(boundary=three_by_three.dissolve(), lang="en", name="context"),
        maps.heat(density(spots, bandwidth_m=30, cell_m=10), lang="en", name="heat"),
        maps.choropleth(values, three_by_three, title="events", unit="n", lang="en"),
        maps.classes_layer(pd.Series("none", index=three_by_three.index), three_by_three, lang="en", title="classes"),
        maps.grids_layer(two_tiers, lang="en", name="grids"),
        maps.events_layer(events(), lang="en", name="dots"),
        maps.findings_layer(
            gpd.GeoDataFrame(finding, geometry=[shapely.box(90, 90, 130, 130)], crs="EPSG:4548"), lang="en", name="findings"
        ),
    ]
    opened = open_map(layers)
    assert opened.evaluate(PARTS) == {
        "context": 1, "heat": 0, "events": 9, "classes": 0, "grids": 7, "dots": 3, "findings": 1
    }  # fmt: skip
    assert opened.evaluate(INK) > 0.1
    picture = opened.locator("img.leaflet-image-layer")
    assert picture.evaluate("img => img.complete && img.naturalWidth > 10")
    assert opened.locator(".leaflet-control-scale-line").inner_text().endswith("m")
    assert opened.locator(".gm-north").inner_text() == "N"


def test_no_address_is_left_in_a_page(three_by_three):
    html = maps.page([maps.grids_layer(three_by_three, lang="zh")], title="网格", lang="zh")
    outward = re.findall(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?!data:|#)|@import|sourceMappingURL""", html)
    # Leaflet's script spells the link of its attribution, which is switched off.
    assert [found for found in outward if not found.startswith("href")] == []
    assert "<link" not in html
    assert not re.search(r"<script[^>]+src", html)
    for network in ("jsdelivr", "cdnjs", "unpkg", "jquery", "bootstrap", "cloudflare"):
        assert network not in html.lower()


def test_the_policy_names_exactly_the_scripts_of_the_page(three_by_three):
    html = maps.page([maps.grids_layer(three_by_three, lang="en")], title="x", lang="en")
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    prints = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    assert f"script-src {' '.join(prints)};" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_a_page_is_the_same_every_time(three_by_three):
    first, second = (maps.page([maps.grids_layer(three_by_three, lang="en")], title="x", lang="en") for _ in range(2))
    assert first == second


def test_title_period_source_and_mark_of_synthetic_data(open_map, three_by_three):
    opened = open_map(
        [maps.grids_layer(three_by_three, lang="zh")], title="东苑", lang="zh", source="统计局", period="2021 年", synthetic=True
    )
    assert opened.title() == "东苑"
    head = opened.locator(".gm-head").inner_text()
    assert all(text in head for text in ("东苑", "合成数据", "统计局", "2021 年"))
    assert opened.locator("html").get_attribute("lang") == "zh-CN"


def test_legend_says_units_classes_and_counts(open_map, three_by_three):
    values = pd.Series([0, 0, 5, 5, 5, 9, 9, 9, None], index=three_by_three.index)
    opened = open_map([maps.choropleth(values, three_by_three, title="Reports", unit="per household", lang="en")])
    text = opened.locator(".gm-panel").inner_text()
    assert re.sub(r"\s+", " ", text).endswith("Reports Unit: per household grids 0 2 5 3 9 3 no data 1 classed by quantiles")


def test_pointing_at_a_grid_shows_code_name_and_value(open_map, three_by_three):
    three_by_three["name"] = [f"Grid {code}" for code in three_by_three.index]
    values = pd.Series(range(9), index=three_by_three.index)
    opened = open_map(
        [maps.choropleth(values, three_by_three, title="Reports", unit="items", lang="en"), maps.grids_layer(three_by_three, lang="en")]
    )
    box = opened.locator(".leaflet-container").bounding_box()
    place = opened.evaluate(CENTRE, [0, 4])
    opened.mouse.move(box["x"] + place["x"], box["y"] + place["y"])
    tip = opened.locator(".leaflet-tooltip")
    tip.wait_for()
    assert re.sub(r"\s+", " ", tip.inner_text()) == "Grid code e Name Grid e Reports 4 items"


def test_one_theme_is_shown_at_a_time(open_map, three_by_three):
    values = pd.Series(range(9), index=three_by_three.index)
    layers = [maps.choropleth(values, three_by_three, title=title, unit="", lang="en") for title in ("first", "second")]
    opened = open_map(layers)
    assert opened.evaluate(PARTS) == {"first": 9, "second": 0}
    opened.get_by_label("second").check()
    assert opened.evaluate(PARTS) == {"first": 0, "second": 9}


def test_a_click_on_a_finding_zooms_to_it_and_says_what_it_is(open_map, three_by_three):
    sliver = gpd.GeoDataFrame(
        {"kind": ["gap"], "grid_codes": ["a;b"], "area_m2": [0.5]}, geometry=[shapely.box(100, 10, 100.01, 60)], crs="EPSG:4548"
    )
    opened = open_map([maps.grids_layer(three_by_three, lang="en"), maps.findings_layer(sliver, lang="en")])
    zoom = "() => [...gridmap.entries.keys()][0].getZoom()"
    before = opened.evaluate(zoom)
    box = opened.locator(".leaflet-container").bounding_box()
    place = opened.evaluate(CENTRE, [1, 0])
    opened.mouse.click(box["x"] + place["x"], box["y"] + place["y"])
    opened.locator(".leaflet-popup").wait_for()
    assert re.sub(r"\s+", " ", opened.locator(".leaflet-popup-content").inner_text()) == "Kind gap Grids a; b Area (m²) 0.5"
    opened.wait_for_function(f"() => ({zoom})() > {before}")


def test_focus_is_the_first_view(open_map, three_by_three):
    west, south, east, north = three_by_three.loc[["a"]].to_crs(4326).total_bounds.tolist()
    opened = open_map([maps.grids_layer(three_by_three, lang="en")], focus=(west, south, east, north))
    inside, whole = opened.evaluate(
        """([w, s, e, n]) => { const [map, list] = [...gridmap.entries][0]; const view = map.getBounds();
        return [view.contains([[s, w], [n, e]]), view.contains(list[0].layer.getBounds())]; }""",
        [west, south, east, north],
    )
    assert inside
    assert not whole


def test_categories_are_told_apart_by_the_outline_of_their_marks(open_map):
    opened = open_map([maps.events_layer(categories.one_of_each(), lang="en")])
    masks, corner = opened.evaluate(
        f"""() => {{ const [map, list] = [...gridmap.entries][0], canvas = document.querySelector('.leaflet-overlay-pane canvas');
        const ranks = list[0].data.columns[list[0].data.fields.indexOf('')].map(lines => Number(lines[0].split(' · c')[1]));
        const parts = [];
        list[0].layer.getLayers().forEach(part => {{ parts[ranks[part.gridmapRow]] = part; }});
        const start = L.DomUtil.getPosition(canvas), at = parts.map(part => map.latLngToLayerPoint(part.getLatLng()).subtract(start));
        const tip = map.latLngToContainerPoint(parts[2].getLatLng()).subtract([0, 13]);
        const scale = canvas.width / parseFloat(canvas.style.width);
        return [({categories.MASKS})(canvas, at.map(p => [p.x, p.y]), scale, (r, g, b, a) => a > 100), [tip.x, tip.y]]; }}"""
    )
    categories.require_different(masks)
    samples = opened.locator(".gm-swatch path").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert len(set(samples)) == len(samples) == 8
    box = opened.locator(".leaflet-container").bounding_box()
    opened.mouse.click(box["x"] + corner[0], box["y"] + corner[1])  # the tip of the triangle lies outside the circle of its radius
    assert "c2" in opened.locator(".leaflet-popup-content").inner_text()


def test_marks_have_a_black_outline_on_paper_alone(open_map):
    opened = open_map([maps.events_layer(categories.one_of_each(), lang="en")])
    before, printed, after = opened.evaluate(
        """() => { const canvas = document.querySelector('.leaflet-overlay-pane canvas');
        const black = () => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let count = 0; for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 150 && Math.max(d[i], d[i + 1], d[i + 2]) < 60) count++;
            return count; };
        const seen = [black()]; window.dispatchEvent(new Event('beforeprint')); seen.push(black());
        window.dispatchEvent(new Event('afterprint'));
        return new Promise(done => requestAnimationFrame(() => done([...seen, black()]))); }"""
    )
    assert before == after
    assert printed > before + 8 * 20  # a ring around each of the eight marks
    opened.emulate_media(media="print")
    strokes = opened.locator(".gm-swatch path").evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
    assert set(strokes) == {"rgb(0, 0, 0)"}


def test_an_empty_layer_opens(open_map, three_by_three):
    opened = open_map([maps.grids_layer(three_by_three.iloc[:0], lang="en"), maps.grids_layer(three_by_three, lang="en")])
    assert opened.evaluate(INK) > 0


def test_a_layer_draws_on_any_folium_map(page, three_by_three):  # noqa: F811
    drawing = folium.Map(tiles=None)
    drawing.default_js, drawing.default_css = [], []
    drawing.add_child(maps.grids_layer(three_by_three, lang="en").element())
    drawing.fit_bounds(drawing.get_bounds())
    head = f"<style>{assets.leaflet_style()}</style><script>{assets.leaflet_script()}</script>"
    page.set_content(drawing.get_root().render().replace("<head>", f"<head>{head}", 1))
    page.wait_for_timeout(200)
    assert list(page.evaluate(PARTS).values()) == [9]


def test_a_base_map_is_the_only_one_that_is_asked(browser, three_by_three, tmp_path):  # noqa: F811
    tiles = maps.basemap_layer("https://t{s}.tiles.example/{z}/{x}/{y}.png", lang="en", attribution="<b>Surveyors</b>")
    path = tmp_path / "map.html"
    path.write_text(maps.page([tiles, maps.grids_layer(three_by_three, lang="en")], title="x", lang="en"), encoding="utf-8")
    opened = open_page(browser)
    opened.goto(path.as_uri())
    opened.wait_for_timeout(300)
    assert opened.gridmap_requests
    assert all(re.match(r"https://t[abc]\.tiles\.example/\d+/\d+/\d+\.png$", address) for address in opened.gridmap_requests)
    assert "<b>Surveyors</b>" in opened.locator(".gm-panel").inner_text()
    opened.context.close()


def hostile_layers(payload: str) -> list[maps.Layer]:
    """Put one text into every field a layer takes from its data or its caller."""
    shape = [shapely.box(0, 0, 100, 100)]
    grids = gpd.GeoDataFrame(
        {"name": [payload], "level": 1, "kind": "base", "parent": [payload]}, geometry=shape, crs="EPSG:4548", index=[payload]
    )
    other = grids.assign(kind="dedicated")
    points = [shapely.Point(50, 50), shapely.Point(70, 50), shapely.Point(70, 50)]
    columns = {name: [payload] * 3 for name in ("category", "address", "status", "reported_at")}
    reports = gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4548", index=[payload + str(n) for n in range(3)])
    finding = gpd.GeoDataFrame({"kind": [payload], "grid_codes": [payload], "area_m2": [1.0]}, geometry=shape, crs="EPSG:4548")
    values, classes = pd.Series([1.0], index=[payload]), pd.Series(["none"], index=[payload])
    return [
        maps.basemap_layer("https://127.0.0.1:9/{z}/{x}/{y}.png", lang="en", attribution=payload, name=payload).hidden(),
        maps.context_layer(boundary=grids, lang="en", name=payload),
        maps.choropleth(values, grids, title=payload, unit=payload, lang="en"),
        maps.classes_layer(classes, grids, lang="en", title=payload, details={payload: classes}),
        maps.grids_layer(pd.concat([grids, other]), lang="en", name=payload),
        maps.events_layer(reports, lang="en", name=payload),
        maps.findings_layer(finding, lang="en", name=payload),
    ]


OPEN_ALL = """() => { const texts = []; const [map, list] = [...gridmap.entries][0]; for (const entry of list) {
    if (!entry.layer.eachLayer) continue;
    if (!entry.shown) gridmap.show(map, entry, true);
    entry.layer.getLayers().forEach(part => {
        const latlng = part.getBounds ? part.getBounds().getCenter() : part.getLatLng();
        const box = entry.layer.getTooltip() || entry.layer.getPopup();
        if (!box || !part.options.interactive) return;
        part.fire(entry.layer.getTooltip() ? 'mouseover' : 'click', { latlng: latlng }, true);
        texts.push(box.getElement().innerText);
    }); } return texts; }"""


STRANGERS = """() => document.querySelectorAll('img, iframe, details, template, meta[http-equiv=refresh], a:not([class^=leaflet])').length
    + document.scripts.length - 2"""


def test_texts_are_shown_and_never_run(browser):  # noqa: F811
    # The policy would stop most of them by itself: it is switched off here, so that escaping alone has to hold.
    opened = open_page(browser, bypass_csp=True)
    for payload in PAYLOADS:
        html = maps.page(hostile_layers(payload), title=payload, lang="en", source=payload, period=payload, synthetic=True)
        opened.set_content(html)
        opened.wait_for_function("() => window.gridmap && [...gridmap.entries.keys()].some(map => map.gridmapReady)")
        shown = payload.strip("\u2028\u2029")
        cards = opened.evaluate(OPEN_ALL)
        assert len(cards) == 6
        assert all(shown in card for card in cards), payload
        plain = opened.evaluate("() => document.body.innerText")
        for where in (f"{shown}", "Unit: ", "Period: ", "Source: "):
            assert where in plain, payload
        assert plain.count(shown) >= 12, payload
        assert shown in opened.evaluate("() => document.title"), payload
        opened.locator(".leaflet-container").hover()
        assert opened.evaluate("() => window.__hit") is None, payload
        assert opened.evaluate(STRANGERS) == 0, payload
    assert opened.gridmap_dialogs == []
    assert opened.gridmap_errors == []
    opened.context.close()


def test_the_policy_stops_what_is_not_ours(page, three_by_three, tmp_path):  # noqa: F811
    html = maps.page([maps.grids_layer(three_by_three, lang="en")], title="x", lang="en")
    planted = "<script>window.__hit=1</script><img src=x onerror=window.__hit=1><img src=https://example.org/a.png></body>"
    path = tmp_path / "map.html"
    path.write_text(html.replace("</body>", planted), encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.__hit") is None
    assert any("Content Security Policy" in text for text in page.gridmap_errors)
    page.gridmap_errors.clear()


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&amp;", "\u2028", "\u2029", "\ud800", "\x00"])
def test_json_in_a_script_is_one_harmless_literal(page, text):  # noqa: F811
    written = assets.safe_json({"text": text})
    assert not set("<>&\u2028\u2029") & set(written)
    page.set_content(f"<script>window.value = {written};</script>")
    assert page.evaluate("() => window.value.text") == text.encode("utf-8", "replace").decode()


def test_numbers_without_a_json_form_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        assets.safe_json(np.nan)


def test_the_demo_town_with_every_layer_is_a_light_page(open_map):
    town = towns.dongyuan()
    tier = hierarchy.tier(town.grids)
    layers = [
        maps.context_layer(town.streets, town.buildings, town.boundary, lang="zh"),
        maps.heat(density(town.events, bandwidth_m=100, cell_m=20), lang="zh").hidden(),
        maps.choropleth(tier["households"], tier, title="户数", unit="户", lang="zh"),
        maps.grids_layer(town.grids, lang="zh"),
        maps.events_layer(town.events, lang="zh"),
    ]
    html = maps.page(layers, title=town.title[0], lang="zh", synthetic=True)
    assert len(html.encode()) < 1_500_000
    opened = open_map(layers, lang="zh")
    drawn = opened.evaluate(PARTS)
    assert drawn["户数"] == 16
    assert drawn["网格"] == len(town.grids)
    assert drawn["底图要素"] >= len(town.streets) + len(town.buildings)
    assert drawn["事件"] > 500


def test_a_whole_district_stays_under_five_megabytes():
    district = towns.jianyang()
    tier = hierarchy.tier(district.grids)
    layers = [
        maps.choropleth(tier["households"] if "households" in tier else tier["level"], tier, title="x", unit="", lang="en"),
        maps.grids_layer(district.grids, lang="en"),
        maps.events_layer(district.events, lang="en"),
    ]
    assert len(maps.page(layers, title="x", lang="en").encode()) < 5_000_000
