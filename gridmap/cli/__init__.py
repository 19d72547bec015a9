"""The command `gridmap`: reads files, calls the rooms below, prints and writes. No computing here."""

import argparse
import importlib
import locale
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO

from gridmap import messages
from gridmap.cli import parser
from gridmap.errors import GridmapError, GridmapWarning

FAULT = 3
INTERRUPTED = 130
PIPE_CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 fine, 1 findings, 2 bad input (one line on stderr).

    Notes
    -----
    Only `GridmapError` is turned into a line; a fault of the program stays a traceback, with exit code 3 so that no script takes it
    for findings. 130 and 141 are the shell's codes for Ctrl-C and for a reader that closed the pipe.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    lang = _language(given)
    try:
        arguments = parser.build(lang).parse_args(given)
    except SystemExit as stop:
        return int(stop.code or 0)
    run = getattr(importlib.import_module(f"gridmap.cli.{arguments.module}"), f"run_{arguments.command}")
    with warnings.catch_warnings():
        held = _hold_warnings(lang)
        try:
            code = int(run(arguments))
            sys.stdout.flush()
        except GridmapError as error:
            return _say("error", error.text(lang), lang, parser.BAD_INPUT)
        except KeyboardInterrupt:
            return _say("stopped", "", lang, INTERRUPTED)
        except BrokenPipeError:
            # Python flushes stdout once more when it ends: give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED
        except Exception:
            traceback.print_exc()
            return FAULT
    for warning in held:
        _say("warning", warning, lang, 0)
    return code


def _say(key: str, message: str, lang: str, code: int) -> int:
    sys.stderr.write(messages.text(f"cli.{key}", lang, message=message) + "\n")
    return code


def _hold_warnings(lang: str) -> dict[str, None]:
    """Return where each warning of ours will stand once, in order: an error after it stays the only line. Leave those of libraries."""
    held: dict[str, None] = {}
    before = warnings.showwarning

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None
    ) -> None:
        if not isinstance(message, GridmapWarning):
            before(message, category, filename, lineno, file, line)
            return
        held[message.text(lang)] = None

    warnings.simplefilter("always", GridmapWarning)
    warnings.showwarning = show
    return held


def _language(argv: Sequence[str]) -> str:
    """Return the language asked for, else GRIDMAP_LANG, else the locale's: "zh" or "en"."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--lang")
    try:
        asked = early.parse_known_args(argv)[0].lang
    except argparse.ArgumentError:
        asked = None  # the whole parser says what is wrong
    for choice in (asked, os.environ.get("GRIDMAP_LANG")):
        if choice in messages.LANGUAGES:
            return str(choice)
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    return "zh" if (named or locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
