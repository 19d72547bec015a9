"""Texts of plans: what a plan, an edit and a difference say of themselves."""

TEXTS: dict[str, tuple[str, str]] = {}
