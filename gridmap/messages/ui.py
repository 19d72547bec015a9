"""Texts of ui: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
