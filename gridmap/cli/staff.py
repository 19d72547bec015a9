"""`gridmap staff`: posts by level and role, and grids that nobody or two people answer for."""

import argparse
import warnings

import geopandas as gpd
import pandas as pd

from gridmap import files, messages, schema, workload
from gridmap.cli import inputs, outputs
from gridmap.errors import GridmapWarning

FINDINGS = 1
SHOWN = 5


def run_staff(arguments: argparse.Namespace) -> int:
    """Print the totals and the findings by kind, write the findings if asked, and return 1 if there is any."""
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.staff, arguments.grids))
    grids = inputs.read_grids(arguments)
    staff = files.read_table(arguments.staff, "staff", layer=arguments.staff_layer, columns=inputs.pairs(arguments.columns))
    staff["role"] = staff["role"].replace({messages.term("role", role, each): role for role in schema.ROLES for each in messages.LANGUAGES})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridmapWarning)  # posts at no grid are among the findings
        totals = workload.totals(staff, grids)
    lang = arguments.lang
    print(messages.text("cli.staffed", lang, posts=len(staff), held=totals["held"].sum(), grids=len(grids)))
    outputs.print_table(_words(totals[totals["posts"] > 0].reset_index(), lang))
    findings = workload.check(staff, grids)
    for kind, part in findings.groupby("kind", sort=False):
        first = ", ".join(outputs.printable(code) for code in part["grid_code"].fillna(part["post_ids"]).head(SHOWN))
        print(messages.text("cli.staff_finding", lang, kind=messages.term("finding", kind, lang), count=len(part), first=first))
        print(f"    {messages.text(f'findings.{kind}', lang)}")
    print(messages.text("cli.findings" if len(findings) else "cli.no_findings", lang, count=len(findings)))
    if arguments.output is not None:
        shapes = grids.geometry.reindex(findings["grid_code"]).to_numpy()
        files.write(gpd.GeoDataFrame(findings, geometry=shapes, crs=grids.crs), arguments.output, layer="findings")
        print(messages.text("cli.written", lang, path=arguments.output))
    return FINDINGS if len(findings) else 0


def _words(totals: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the totals with kinds and roles in words."""
    words = {name: totals[name].map(lambda code, name=name: messages.term(name, code, lang)) for name in ("kind", "role")}
    return totals.assign(**words).set_index("level")
