"""Texts of cli: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
