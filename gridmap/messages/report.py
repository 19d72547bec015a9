"""Texts of report: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
