"""The commands on a project's store, on a file and on a database, in both languages."""

import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_store_homes import ACTOR, events

from gridmap import files, plan, store
from gridmap.cli import main


@pytest.fixture
def town(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("007", "b")}, settings={"title_zh": "测试"}, actor=ACTOR)
    return address


def said(capsys, *words, code=0, lang="en"):
    """Run a command and return what it printed."""
    assert main([*map(str, words), "--lang", lang]) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_a_project_is_put_by_and_fetched_again(town, tmp_path, capsys):
    assert "a hash for every table" in said(capsys, "backup", town, "-o", tmp_path / "b.gpkg")
    assert "equals the backup" in said(capsys, "restore", tmp_path / "b.gpkg", tmp_path / "r.gpkg")
    assert store.read_events(tmp_path / "r.gpkg").index.tolist() == ["007", "b"]
    assert "恢复不会覆盖" in said(capsys, "restore", tmp_path / "b.gpkg", tmp_path / "r.gpkg", code=2, lang="zh")
    assert "must end" in said(capsys, "backup", town, "-o", tmp_path / "b.zip", code=2)
    assert "no backup" in said(capsys, "restore", tmp_path / "r.gpkg", tmp_path / "s.gpkg", code=2)


def test_files_go_in_and_out(town, tmp_path, capsys):
    files.write(events("c"), tmp_path / "events.gpkg")
    assert "events: 1 rows" in said(capsys, "import", town, tmp_path / "events.gpkg")
    assert "there already" in said(capsys, "import", town, tmp_path / "events.gpkg", code=2)
    said(capsys, "export", town, "-o", tmp_path / "out", "--format", "csv")
    assert pd.read_csv(tmp_path / "out" / "events.csv", dtype="str")["event_id"].tolist() == ["007", "b", "c"]
    said(capsys, "export", town, "-o", tmp_path / "pq", "--parquet")
    assert len(gpd.read_parquet(tmp_path / "pq" / "grids.parquet")) == 7


def test_a_doctor_finds_nothing_and_what_was_changed(town, capsys):
    printed = said(capsys, "doctor", town)
    assert "nothing wrong was found" in printed
    assert ("PostGIS" if "://" in town else "journal mode") in printed
    if "://" in town:
        return
    store.close()
    connection = sqlite3.connect(town)
    connection.execute("UPDATE settings SET value = 'other'")
    connection.commit()
    connection.close()
    assert "行被改动：表 settings" in said(capsys, "doctor", town, code=1, lang="zh")


def test_a_doctor_says_what_cannot_be_reached(tmp_path, capsys):
    assert "no project file" in said(capsys, "doctor", tmp_path / "never.gpkg", code=1)
    sqlite3.connect(tmp_path / "empty.gpkg").close()
    assert "faults: 1" in said(capsys, "doctor", tmp_path / "empty.gpkg", code=1)
    (tmp_path / "text.gpkg").write_text("x" * 4096)
    assert "a fault" in said(capsys, "doctor", tmp_path / "text.gpkg", code=1)


def test_no_password_is_ever_printed(capsys):
    url = "postgresql://planner:secret@127.0.0.1:1/town"
    for words in (["doctor", url], ["plan", "list", url], ["plan", "show", url], ["export", url, "-o", "x.xlsx"]):
        assert main(words) in {1, 2}
        printed = capsys.readouterr()
        assert "secret" not in printed.out + printed.err
    assert not Path("x.xlsx").exists()


def test_plans_are_listed_shown_compared_and_published(town, tmp_path, capsys):
    draft = store.start_draft(town, name="next", actor=ACTOR)
    cut = shapely.LineString([(350, -10), (350, 110)])
    store.save_edit(
        town, draft, plan.split(store.read_plan(town, draft), "B2", cut), revision=0, action="split", what={"grid": "B2"}, actor=ACTOR
    )
    listed = said(capsys, "plan", "list", town)
    assert "1  现行边界: published, normal" in listed
    assert f"{draft}  next: draft, normal, - to -, revision 1, planner" in listed
    assert "B2" in said(capsys, "plan", "show", town, "B2")
    assert "B2" in said(capsys, "plan", "show", town, "B2", "--plan", draft, code=2)
    assert "split" in said(capsys, "plan", "diff", town, draft, "-o", tmp_path / "difference.xlsx")
    assert (tmp_path / "difference.xlsx").exists()
    day = store.list_plans(town).loc[1, "valid_from"]
    publish = ["plan", "publish", town, "--plan", draft, "--from", day, "--reason", "拆分"]
    assert "not saved" in said(capsys, *publish, "--revision", 0, code=2)
    assert "next: published" in said(capsys, *publish)
    assert "no plan of this number" in said(capsys, "plan", "publish", town, "--plan", 9, "--from", day, "--reason", "x", code=2)
    assert "B2" not in store.read_project(town).grids.index
    assert store.verify(town).empty


def test_a_plan_in_a_file_is_still_shown(two_tiers, tmp_path, capsys):
    files.write(two_tiers, tmp_path / "grids.gpkg")
    assert "base 2: 4 grids" in said(capsys, "plan", "show", tmp_path / "grids.gpkg")
