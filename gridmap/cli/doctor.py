"""`gridmap doctor`: whether a project can be reached, is sound, and is as it was written."""

import argparse

from gridmap import messages
from gridmap.cli import extras
from gridmap.cli.check import FINDINGS
from gridmap.errors import one_line

MOST = 20  # findings printed


def run_doctor(arguments: argparse.Namespace) -> int:
    """Print what is known of a project, and what is not as it should be; 1 if there is any."""
    extras.require("server")
    from gridmap import store

    lang = arguments.lang
    items = store.health(arguments.project, lang=lang)
    for item in items:
        key = "cli.doctor_item" if item.sound else "cli.doctor_fault"
        print(messages.text(key, lang, what=messages.term("health", item.what, lang), said=one_line(item.said)))
    faults = sum(not item.sound for item in items)
    known = {item.what: item for item in items}
    if known["place"].sound and known.get("log"):
        faults += _findings(arguments)
    print(messages.text("cli.doctor_sound" if not faults else "cli.doctor_faults", lang, count=faults))
    return FINDINGS if faults else 0


def _findings(arguments: argparse.Namespace) -> int:
    """Print what differs from the log, and return how much that is."""
    from gridmap import store

    found, lang = store.verify(arguments.project), arguments.lang
    for row in found.head(MOST).itertuples(index=False):
        kind = messages.term("verify", row.kind, lang)
        print(messages.text("cli.doctor_finding", lang, kind=kind, table=row.table, row=row.row, said=one_line(row.said)))
    if len(found) > MOST:
        print(messages.text("cli.doctor_more", lang, count=len(found) - MOST))
    return len(found)
