"""Texts of findings: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
