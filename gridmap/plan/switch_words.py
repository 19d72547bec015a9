"""The switch to an emergency in words, and its table with the headings and units that people read."""

import pandas as pd

from gridmap import hierarchy, messages
from gridmap.plan.scenarios import TOTAL, Scenarios
from gridmap.plan.value import COUNTS


def in_words(scenarios: Scenarios, table: pd.DataFrame, *, to: str, lang: str) -> str:
    """Say whom the switch concerns in total.

    Parameters
    ----------
    table
        What `switch` returned for the scenarios.
    to
        "emergency" or "normal": where the switch leads.
    """
    total = table.loc[TOTAL]
    named = [(messages.term("measure", name, lang), total[name]) for name in COUNTS if name in table]
    told = [messages.text("report.switch_amount", lang, word=word, number="-" if pd.isna(n) else f"{n:,}") for word, n in named]
    if "posts" in table:
        posts = {"posts": f"{total['posts']:,}", "vacant": f"{total['vacant']:,}", "above": f"{total['posts_above']:,}"}
        told.append(messages.text("report.switch_posts", lang, **posts))
    sizes = {"zones": len(scenarios.risk), "grids": len(scenarios.zones)}
    others = len(hierarchy.tier(scenarios.normal.grids)) - len(scenarios.zones)
    amounts = messages.text("plan.between", lang).join(told)
    return messages.text(f"report.switch_lead.{to}", lang, amounts=amounts, others=others, **sizes)


def readable(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the table of a switch as texts: hectares, words for risks, "-" for what is unknown, headings in the language."""
    shown = table.reset_index()
    shown["zone"] = shown["zone"].where(shown["zone"] != TOTAL, messages.text("zones.total", lang))
    shown["risk"] = [messages.term("risk", risk, lang) if isinstance(risk, str) else "" for risk in shown["risk"]]
    shown["area_m2"] = [f"{area / 1e4:,.2f}" for area in shown["area_m2"]]
    headings = {name: messages.term("measure", name, lang) for name in COUNTS} | {"area_m2": messages.text("zones.area_ha", lang)}
    headings |= {name: messages.text(f"zones.{name}", lang) for name in table.reset_index() if f"zones.{name}" in messages.CATALOGUE}
    numbers = [name for name in shown if name not in ("zone", "risk", "area_m2")]
    shown[numbers] = shown[numbers].astype(object).map(lambda number: "-" if pd.isna(number) else f"{number:,}")
    return shown.rename(columns=headings)
