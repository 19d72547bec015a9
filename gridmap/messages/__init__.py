"""Every text a person reads, in Chinese and in English.

One module per room holds its part of the catalogue as `TEXTS`: key -> (zh, en), each a `str.format` pattern.
Keys begin with the module's name (`errors.`, `maps.`, ...), so a text is found by its key.
"""

from gridmap.messages import (
    api,
    cli,
    component,
    conflicts,
    crosswalk,
    designing,
    errors,
    findings,
    ledger,
    maps,
    notice,
    plan,
    planning,
    report,
    scores,
    store,
    terms,
    themes,
    ui,
)

LANGUAGES = ("zh", "en")

CATALOGUE: dict[str, tuple[str, str]] = {}
for _part in (
    api, cli, component, conflicts, crosswalk, designing, errors, findings, ledger, maps, notice, plan, planning, report, scores,
    store, terms, themes, ui,
):  # fmt: skip
    CATALOGUE |= _part.TEXTS


def text(key: str, lang: str, **values: object) -> str:
    """Return the text under `key` in `lang` ("zh" or "en"), its fields filled from `values`.

    Raises
    ------
    KeyError
        If the catalogue has no such key, or a field has no value: a fault of the program, never of its input.
    """
    return CATALOGUE[key][LANGUAGES.index(lang)].format(**values)


def term(kind: str, value: object, lang: str) -> str:
    """Return the word for a coded value (`kind` such as "class", "finding"), or the value itself where it is data."""
    entry = CATALOGUE.get(f"terms.{kind}.{value}")
    return str(value) if entry is None else entry[LANGUAGES.index(lang)]
