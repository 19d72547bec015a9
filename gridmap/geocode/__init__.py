"""Addresses to points against a local gazetteer: exact agreement, or nothing."""

from gridmap.geocode.gazetteer import Gazetteer

__all__ = ["Gazetteer"]
