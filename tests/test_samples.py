"""The committed samples are what the tool writes, and they are what data/README.md says."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
import shapely

from gridmap import coverage, files, hierarchy
from gridmap.synth.town import canonical_hash

HOUSE = Path(__file__).parents[1]
DATA = HOUSE / "data"
NAMES = ["dongyuan_events.csv", "dongyuan_gazetteer.csv", "dongyuan_grids.geojson"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    spec = importlib.util.spec_from_file_location("make_samples", HOUSE / "tools" / "make_samples.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    folder = tmp_path_factory.mktemp("samples")
    tool.main(folder)
    return folder


def test_the_folder_holds_the_samples_and_what_says_so():
    assert sorted(path.name for path in DATA.iterdir()) == ["README.md", *NAMES]
    assert all((DATA / name).stat().st_size < 100_000 for name in NAMES)
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert all(name in text for name in [*NAMES, "合成数据", "synthetic", "tools/make_samples.py"])


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_what_the_tool_writes(made, name):
    # read back, since the last digit of a coordinate may differ between platforms
    committed, fresh = files.read_frame(DATA / name), files.read_frame(made / name)
    assert list(committed.columns) == list(fresh.columns)
    for column in {"lon", "lat"} & set(committed.columns):
        assert (committed.pop(column).astype(float) - fresh.pop(column).astype(float)).abs().fillna(0).max() < 2e-7
    assert canonical_hash(committed) == canonical_hash(fresh)


def test_the_grids_are_a_clean_coverage_of_three_tiers():
    grids = files.read_grids(DATA / "dongyuan_grids.geojson")
    assert grids.groupby(["kind", "level"]).size().to_dict() == {("base", 1): 1, ("base", 2): 4, ("base", 3): 16, ("dedicated", 2): 8}
    assert coverage.check(hierarchy.tier(grids), parents=hierarchy.tier(grids, 2)).empty
    assert hierarchy.check(grids).empty


@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")  # some events cannot be located
def test_the_events_lie_in_the_grids():
    grids = files.read_grids(DATA / "dongyuan_grids.geojson")
    events = files.read_events(DATA / "dongyuan_events.csv", crs="EPSG:4490")
    located = events[events.geometry.notna()]
    assert len(events) == 148
    assert 0.9 < len(located) / len(events) < 1
    assert shapely.covers(hierarchy.tier(grids, 1).geometry.iloc[0], located.geometry.to_numpy()).all()
    assert isinstance(events["reported_at"].dtype, pd.DatetimeTZDtype)
