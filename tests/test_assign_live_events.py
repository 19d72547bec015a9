"""Open events that come, move and go: every answer is that of a plain scan, and a refused call changes nothing."""

import copy
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gridmap.assign import OpenEvents
from gridmap.assign.live.tree import Tree
from gridmap.errors import CRSError, GridmapWarning, SchemaError

METRIC = "EPSG:4548"
NINE = "2026-05-04 09:00+08:00"

# Few whole metres: many events at one place, many at the same distance, distances that are whole numbers (3-4-5)
METRE = st.integers(-6, 6).map(float)
IDS = st.sampled_from([f"e{n:02d}" for n in range(30)])


def board(*rows: tuple[str, float, float]) -> OpenEvents:
    """Open events without times or values."""
    events = OpenEvents(METRIC, same=())
    for event_id, x, y in rows:
        events.add(event_id, x, y)
    return events


def frame(places: dict[str, tuple[float, float] | None], crs: str = METRIC, **columns: object) -> gpd.GeoDataFrame:
    points = [shapely.Point() if xy is None else shapely.Point(xy) for xy in places.values()]
    return gpd.GeoDataFrame(columns, index=pd.Index(list(places), name="event_id"), geometry=points, crs=crs)


def scan(places: dict[str, tuple[float, float]], x: float, y: float) -> list[tuple[float, str]]:
    """All events by distance, then event_id, as shapely measures it."""
    here = shapely.Point(x, y)
    return sorted((shapely.distance(here, shapely.Point(xy)), event_id) for event_id, xy in places.items())


class Board(RuleBasedStateMachine):
    """Changes in any order; the set must answer as a plain dictionary does."""

    @initialize(places=st.dictionaries(IDS, st.tuples(METRE, METRE), max_size=20))
    def begin(self, places):
        self.places = dict(places)
        self.events = OpenEvents(METRIC, same=())
        self.events.add_events(frame(self.places))

    @rule(event_id=IDS, x=METRE, y=METRE)
    def add(self, event_id, x, y):
        if event_id in self.places:
            with pytest.raises(SchemaError, match="already"):
                self.events.add(event_id, x, y)
            return
        self.events.add(event_id, x, y)
        self.places[event_id] = (x, y)

    @rule(event_id=IDS, x=METRE, y=METRE)
    def move(self, event_id, x, y):
        if event_id not in self.places:
            with pytest.raises(SchemaError, match="not among the open ones"):
                self.events.move(event_id, x, y)
            return
        self.events.move(event_id, x, y)
        self.places[event_id] = (x, y)

    @rule(event_id=IDS)
    def remove(self, event_id):
        if event_id not in self.places:
            with pytest.raises(SchemaError, match="not among the open ones"):
                self.events.remove(event_id)
            return
        self.events.remove(event_id)
        del self.places[event_id]

    @rule()
    def copied(self):
        self.events = pickle.loads(pickle.dumps(self.events))

    @rule(x=METRE, y=METRE, distance_m=st.integers(0, 8), k=st.integers(1, 35))
    def near(self, x, y, distance_m, k):
        expected = scan(self.places, x, y)
        assert [(far, one) for one, far in self.events.within(x, y, distance_m)] == [row for row in expected if row[0] <= distance_m]
        assert [(far, one) for one, far in self.events.nearest(x, y, k)] == expected[:k]

    @rule(x=METRE, y=METRE, width=st.integers(0, 5), height=st.integers(0, 5))
    def in_box(self, x, y, width, height):
        box = shapely.box(x, y, x + width, y + height) if width and height else shapely.LineString([(x, y), (x + width, y + height)])
        expected = sorted(one for one, xy in self.places.items() if shapely.Point(xy).intersects(box))
        assert self.events.in_box(x, y, x + width, y + height) == expected

    @invariant()
    def holds_the_same(self):
        assert len(self.events) == len(self.places)
        assert set(self.events) == set(self.places)
        assert all(self.events.place(one) == xy for one, xy in self.places.items())


TestBoard = Board.TestCase
TestBoard.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)), min_size=1, max_size=12),
    st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)),
)
def test_the_limit_itself_is_included_at_any_place(places, here):
    """The distance to an event, given as the limit, finds this event: no box of the tree is a rounding too small."""
    events = board(*((f"{n:02d}", x, y) for n, (x, y) in enumerate(places)))
    for event_id, far in events.nearest(*here, len(places)):
        assert event_id in {one.event_id for one in events.within(*here, far)}
        if far > 0:
            assert event_id not in {one.event_id for one in events.within(*here, np.nextafter(far, 0))}


def test_ties_are_settled_by_the_identifier_whatever_the_order():
    around = [("d", 0, 5), ("b", 5, 0), ("a", -3, -4), ("c", 0, -5), ("e", 0, 6)]
    for rows in (around, around[::-1]):
        events = board(*rows)
        assert [one.event_id for one in events.nearest(0, 0, 3)] == ["a", "b", "c"]
        assert [one.event_id for one in events.within(0, 0, 5)] == ["a", "b", "c", "d"]


def test_thousands_at_one_place_are_all_found():
    events = board(*((f"{n:04d}", 500.0, 500.0) for n in range(2000)))
    assert len(events.within(500, 500, 0)) == 2000
    assert [one.event_id for one in events.nearest(0, 0, 2)] == ["0000", "0001"]
    for n in range(1999):
        events.remove(f"{n:04d}")
    assert list(events) == ["1999"]
    assert events.nearest(0, 0, 5)[0].distance_m == pytest.approx(np.hypot(500, 500))


def test_an_empty_set_answers_and_can_be_filled_again():
    events = board(("a", 0, 0))
    events.remove("a")
    assert (len(events), events.nearest(0, 0), events.within(0, 0, 1e9), events.in_box(-1, -1, 1, 1)) == (0, [], [], [])
    events.add("a", 1, 1)
    assert events.in_box(0, 0, 1, 1) == ["a"]


def test_a_table_is_brought_to_metres_and_events_without_place_are_named():
    times = pd.to_datetime([NINE, None, NINE])
    degrees = frame({"a": (117.0, 36.0), "b": (117.001, 36.0), "c": None}, "EPSG:4490", category=["x", None, "x"], reported_at=times)
    with pytest.warns(GridmapWarning, match="without a place were left out; 1 rows, first: c"):
        events = OpenEvents.from_events(degrees)
    assert events.crs.to_epsg() == 4548
    assert list(events) == ["a", "b"]
    x, y = events.place("a")
    assert shapely.Point(x, y) == degrees.to_crs(METRIC).geometry.iloc[0]
    (only, far) = events.nearest(x, y, 2)[1]
    assert (only, far) == ("b", pytest.approx(90.2, abs=0.1))  # 0.001 degrees of longitude on the 36th parallel of the ellipsoid
    assert [one.event_id for one in events.duplicates(x, y, at=NINE, category="x", distance_m=100)] == ["a"]


def test_a_day_without_events_begins_in_a_named_crs():
    none = frame({}, "EPSG:4490", category=pd.Series(dtype=str))
    assert len(OpenEvents.from_events(none, crs=METRIC)) == 0
    with pytest.raises(CRSError, match="no metric CRS can be chosen"):
        OpenEvents.from_events(none)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "nonsense"])
def test_a_crs_not_fit_for_metres_is_refused(crs):
    with pytest.raises(CRSError, match="not fit for distances"):
        OpenEvents(crs)


def test_a_table_in_another_crs_is_refused():
    with pytest.raises(CRSError, match="differ"):
        board().add_events(frame({"a": (0, 0)}, "EPSG:4549"))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"a": (0.0, 0.0), "known": (1.0, 1.0)}, "already; 1 rows, first: known"),
        ({"a": (0.0, 0.0), "b": (np.inf, 1.0)}, "infinite or undefined"),
        ({"a": (0.0, 0.0), "b": (1e300, 1.0)}, "finite coordinates in metres; 1 rows, first: b"),
        ({"a": (0.0, 0.0), 5: (1.0, 1.0)}, "all texts or all numbers"),
        ({5: (1.0, 1.0)}, "must be text"),
    ],
)
def test_a_table_is_taken_whole_or_not_at_all(places, message):
    events = board(("known", 3, 3))
    with pytest.raises(SchemaError, match=message):
        events.add_events(frame(places))
    assert list(events) == ["known"]
    assert events.in_box(-9, -9, 9, 9) == ["known"]


def test_a_few_rows_join_a_large_set():
    events = board(*((f"{n:03d}", n, 0) for n in range(50)))
    events.add_events(frame({"x": (0.0, 1.0), "y": (0.0, 2.0)}))
    assert events.within(0, 0, 2)[0].event_id == "000"
    assert {"x", "y"} < {one.event_id for one in events.within(0, 0, 2)}


def test_the_table_needs_the_columns_and_zoned_times():
    with pytest.raises(SchemaError, match="lacks the columns category"):
        OpenEvents.from_events(frame({"a": (0, 0)}))
    naive = frame({"a": (0, 0)}, category=["x"], reported_at=pd.to_datetime(["2026-05-04"]))
    with pytest.raises(SchemaError, match="time zone"):
        OpenEvents.from_events(naive)
    twice = pd.concat([frame({"a": (0, 0)}, category=["x"])] * 2)
    with pytest.raises(SchemaError, match="duplicate identifiers"):
        OpenEvents.from_events(twice)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, None, "5", True])
def test_a_place_that_is_none_is_refused_everywhere(value):
    events = board(("a", 1, 2))
    calls = {
        "add": lambda: events.add("b", value, 0.0),
        "move": lambda: events.move("a", 0.0, value),
        "within": lambda: events.within(value, 0.0, 5),
        "nearest": lambda: events.nearest(0.0, value),
        "box": lambda: events.in_box(0.0, 0.0, value, 5.0),
        "duplicates": lambda: events.duplicates(value, 0.0, at=NINE),
    }
    for call in calls.values():
        with pytest.raises(SchemaError, match="finite coordinates in metres"):
            call()
    assert (list(events), events.place("a"), events.in_box(1, 2, 1, 2)) == (["a"], (1.0, 2.0), ["a"])


def test_other_wrong_arguments_are_refused():
    events = board(("a", 1, 2))
    for distance_m in (-1, np.nan, np.inf, "5"):
        with pytest.raises(SchemaError, match="distance_m must be a finite number"):
            events.within(0, 0, distance_m)
    for k in (0, -1, 1.5, True):
        with pytest.raises(SchemaError, match="whole number"):
            events.nearest(0, 0, k)
    with pytest.raises(SchemaError, match="bounds must be"):
        events.in_box(5, 0, 0, 5)
    for event_id in (5, None, ("a",)):
        with pytest.raises(SchemaError, match="must be text"):
            events.add(event_id, 0, 0)
    for event_id in ("b", 5, None, ["a"]):
        with pytest.raises(SchemaError, match="not among the open ones"):
            events.remove(event_id)
    for at in ("2026-05-04 09:00", "yesterday", pd.Timestamp("2026-05-04"), 5, object()):
        with pytest.raises(SchemaError, match="time zone"):
            events.add("b", 0, 0, at=at)
    with pytest.raises(SchemaError, match="exactly these values must be given: -; given: category"):
        events.add("b", 0, 0, category="x")
    assert list(events) == ["a"]


def test_a_copy_is_a_set_of_its_own():
    events = board(("a", 1, 2))
    for made in (copy.copy(events), copy.deepcopy(events), pickle.loads(pickle.dumps(events))):
        made.move("a", 5, 5)
        made.add("b", 6, 6)
        assert made.in_box(0, 0, 9, 9) == ["a", "b"]
    assert (list(events), events.in_box(0, 0, 3, 3)) == (["a"], ["a"])
    assert repr(events) == "OpenEvents(1 events, EPSG:4548, same=())"
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(Tree())
