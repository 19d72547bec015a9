"""Borders in pieces: lengths, places and outsides beside shapely's."""

import numpy as np
import pytest
import shapely

from gridmap.plan import borders

CELLS = np.array(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(np.random.default_rng(3).uniform(0, 400, (30, 2))))))


def test_a_shared_border_has_one_piece_and_a_passage_for_each_polygon():
    found = borders.cut(CELLS)
    assert np.bincount(found.shape, found.length_m[found.piece]) == pytest.approx(shapely.length(CELLS))
    assert found.length_m.sum() == pytest.approx(shapely.union_all(shapely.boundary(CELLS)).length)
    assert found.length_m.max() <= borders.STEP_M
    assert set(np.bincount(found.piece)) == {1, 2}
    assert shapely.distance(shapely.points(found.middle[found.piece]), shapely.boundary(CELLS)[found.shape]).max() < 1e-9


def test_the_outside_lies_beyond_the_border_whichever_way_a_ring_runs():
    for shapes in (CELLS, shapely.reverse(CELLS)):
        found = borders.cut(shapes)
        outward = np.where(found.turned, -1, 1)[:, None] * found.right[found.piece]
        near = found.middle[found.piece]
        assert shapely.contains_xy(shapes[found.shape], near - 1e-6 * outward).all()
        assert not shapely.contains_xy(shapes[found.shape], near + 1e-6 * outward).any()


def test_surroundings_are_taken_along_the_own_ring_alone():
    """Each polygon by itself gives the same, so that no ring runs over into the next; a circle looks away from its middle."""
    together = borders.cut(CELLS)
    alone = np.concatenate([borders.cut(CELLS[[row]]).level for row in range(len(CELLS))])
    assert together.level == pytest.approx(alone, abs=1e-9)
    ring = borders.cut(np.array([shapely.Point(7, 9).buffer(100, quad_segs=64)]))
    away = ring.middle - [7, 9]
    assert ring.level == pytest.approx(away[ring.piece] / np.hypot(*away.T)[ring.piece, None], abs=0.02)


def test_nothing_and_empty_polygons_have_no_border():
    for shapes in (np.array([], dtype=object), np.array([shapely.Polygon()])):
        assert len(borders.cut(shapes).shape) == 0
