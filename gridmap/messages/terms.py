"""Texts of terms: key -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {}
