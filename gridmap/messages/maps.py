"""Texts of maps: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
