"""The offset that Chinese web maps apply (GCJ-02), to make a layer that was digitised from one."""

import numpy as np

SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323


def to_gcj02(coordinates: np.ndarray) -> np.ndarray:
    """Return longitudes and latitudes, shape (n, 2) in degrees (WGS 84, CGCS2000), as GCJ-02 draws them; within China only.

    Notes
    -----
    Source: the formula published in 2010 as "Mars coordinates" and used by every open converter since.
    """
    east, north = coordinates[:, 0] - 105.0, coordinates[:, 1] - 35.0
    common = (20.0 * np.sin(6.0 * east * np.pi) + 20.0 * np.sin(2.0 * east * np.pi)) * 2.0 / 3.0
    along = -100.0 + 2.0 * east + 3.0 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * np.sqrt(np.abs(east)) + common
    along += _waves(north, (20.0, 1.0), (40.0, 1 / 3)) + _waves(north, (160.0, 1 / 12), (320.0, 1 / 30))
    across = 300.0 + east + 2.0 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * np.sqrt(np.abs(east)) + common
    across += _waves(east, (20.0, 1.0), (40.0, 1 / 3)) + _waves(east, (150.0, 1 / 12), (300.0, 1 / 30))
    latitude = np.radians(coordinates[:, 1])
    curvature = 1.0 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    up = along * 180.0 / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / curvature**1.5 * np.pi)
    right = across * 180.0 / (SEMI_MAJOR_M / np.sqrt(curvature) * np.cos(latitude) * np.pi)
    return coordinates + np.stack([right, up], axis=1)


def _waves(degrees: np.ndarray, *waves: tuple[float, float]) -> np.ndarray:
    heights, rates = np.array(waves).T
    return (heights * np.sin(np.multiply.outer(degrees, rates) * np.pi)).sum(axis=1) * 2.0 / 3.0
