"""Errors and warnings that say what is wrong, what was given, which rows, and what to do about it."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING

from gridmap import messages

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SHOWN_ROWS = 5
SHOWN_LETTERS = 400


class Problem(Exception):  # noqa: N818 - the common base, never raised itself
    """What an error and a warning share: a catalogue key, what was given, the rows concerned.

    Parameters
    ----------
    key
        Name in the catalogue: `errors.<key>` is the sentence, `errors.<key>.hint` the advice.
    given
        What the caller passed, shortened to one line.
    rows
        Labels of the rows concerned; the first five are kept in `.rows`, their number in `.count`.
    values
        Fields of the two texts; another problem stands there in the language of the text.

    Attributes
    ----------
    where
        A place in words, where a shell knows one.
    """

    where: str | None = None

    def __init__(self, key: str, *, given: object = None, rows: Iterable[object] = (), **values: object) -> None:
        labels = list(rows)
        self.key = key
        self.given = given
        self.rows = labels[:SHOWN_ROWS]
        self.count = len(labels)
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: str) -> str:
        """Return the whole message on one line in `lang` ("zh" or "en")."""
        values = {name: _in(lang, value) for name, value in self.values.items()}
        parts = [messages.text(f"errors.{self.key}", lang, **values)]
        if self.given is not None:
            parts.append(messages.text("errors.given", lang, given=_shortened(str(self.given))))
        if self.count:
            shown = ", ".join(str(row) for row in self.rows)
            parts.append(messages.text("errors.rows", lang, count=self.count, rows=shown))
        if self.where is not None:
            parts.append(messages.text("errors.where", lang, where=self.where))
        hint = messages.text(f"errors.{self.key}.hint", lang, **values)
        parts.append(messages.text("errors.hint", lang, hint=hint))
        return one_line(messages.text("errors.between", lang).join(parts))


def one_line(text: str) -> str:
    """Return a text on one line; control characters and marks that turn the direction of writing are spelt out."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in " ".join(text.split()))


def _in(lang: str, value: object) -> object:
    if isinstance(value, Problem):
        return value.text(lang)
    return _shortened(str(value)) if isinstance(value, str | PurePath) else value


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + " ..."


class GridmapError(Problem):
    """A call that cannot be answered. Shells catch this class alone and print `text(lang)`."""


class SchemaError(GridmapError):
    """A table lacks what its contract in `schema` demands."""


class CRSError(GridmapError):
    """A coordinate reference system is missing, unsuited, or differs from the other frame's."""


class InfeasibleError(GridmapError):
    """What is asked for cannot be, whatever were tried; the rows are the cause.

    Parameters
    ----------
    parents
        Codes of upper grids for which alone there is no answer; empty where the cause is another.
    best
        What was found for the others; None where nothing was searched.
    """

    def __init__(
        self,
        key: str,
        *,
        parents: Iterable[str] = (),
        best: object = None,
        given: object = None,
        rows: Iterable[object] = (),
        **values: object,
    ) -> None:
        super().__init__(key, given=given, rows=rows, **values)
        self.parents = tuple(parents)
        self.best = best


class SearchFailed(GridmapError):  # noqa: N818 - what happened
    """A search ended without an answer, although there may be one.

    Parameters
    ----------
    best
        The best that was found, which falls short; None where nothing was.
    """

    def __init__(self, key: str, *, best: object = None, given: object = None, rows: Iterable[object] = (), **values: object) -> None:
        super().__init__(key, given=given, rows=rows, **values)
        self.best = best


class FileError(GridmapError):
    """A file cannot be read or written."""


class StoreError(GridmapError):
    """The store refuses a write, or cannot be reached."""


class PlanError(GridmapError):
    """An edit of a plan that cannot keep its coverage, nesting or codes.

    Parameters
    ----------
    geometry
        Where the conflict lies, in the CRS of the plan; None where it is in the codes alone.
    """

    def __init__(
        self, key: str, *, geometry: "BaseGeometry | None" = None, given: object = None, rows: Iterable[object] = (), **values: object
    ) -> None:
        super().__init__(key, given=given, rows=rows, **values)
        self.geometry = geometry


class GridmapWarning(Problem, UserWarning):
    """Something the user should know although the call was answered."""
