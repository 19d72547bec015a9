"""Cells of spreadsheets and text tables: formulas defused, numbers told from codes."""

import re

import numpy as np
import pandas as pd

# A spreadsheet runs a text that begins so; the apostrophe before it is taken off again on reading.
RUNS = r"[=+\-@\t\r]"
_DEFUSED = re.compile(rf"'+{RUNS}")
_TO_DEFUSE = re.compile(rf"'*{RUNS}")
_NUMBER_LIKE = r"(?!-0$)-?(?:0|[1-9]\d{0,17})(?:\.\d+)?(?:e[+-]\d+)?"
_TRUTH = {"True": True, "False": False}


def defuse(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; leave everything else."""
    return f"'{value}" if isinstance(value, str) and _TO_DEFUSE.match(value) else value


def restore(value: object) -> object:
    """Take off the apostrophe that `defuse` puts on."""
    return value[1:] if isinstance(value, str) and _DEFUSED.match(value) else value


def restore_column(values: pd.Series) -> pd.Series:
    """Take off the apostrophes in a column of texts."""
    defused = values.str.match(_DEFUSED.pattern, na=False).to_numpy(dtype=bool)
    return values.mask(defused, values.str[1:]) if defused.any() else values


def typed(values: pd.Series) -> pd.Series:
    """Turn a column of texts into numbers or truth values where writing those again gives the same texts.

    So "300" becomes a number, while "007", "1.50" and codes of over 18 digits stay the texts they are.
    """
    given = values.dropna()
    if given.empty:
        return values
    if given.isin(list(_TRUTH)).all():
        return values.map(_TRUTH).astype("bool" if len(given) == len(values) else "boolean")
    # The first rows settle most columns before the whole of them is looked at.
    if not given.iloc[:50].str.fullmatch(_NUMBER_LIKE).all() or not given.str.fullmatch(_NUMBER_LIKE).all():
        return values
    if not given.str.contains(r"[.e]").any():
        return pd.to_numeric(values).astype("int64" if len(given) == len(values) else "Int64")
    numbers = pd.to_numeric(given).astype("float64")
    if any(repr(number) != text for number, text in zip(numbers.tolist(), given.tolist(), strict=True)):
        return values
    return numbers.reindex(values.index)


def as_text(values: pd.Series) -> pd.Series:
    """Return codes as text: 7 and 7.0 become "7", texts lose surrounding blanks, empty ones become NA."""
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.astype("str")
    if pd.api.types.is_float_dtype(values.dtype):
        values = values.astype("object").map(_plain, na_action="ignore")
    elif pd.api.types.is_object_dtype(values.dtype):
        values = values.map(_plain, na_action="ignore")
    text = values.astype("str").str.strip()
    return text.mask(text == "", np.nan)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_number(values: pd.Series) -> pd.Series:
    """Return a column as float64; full-width digits count, anything else that is no number becomes NaN."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype("float64")
    return pd.to_numeric(values.astype("str").str.normalize("NFKC").str.strip(), errors="coerce").astype("float64")


def filled(values: pd.Series) -> np.ndarray:
    """Tell which cells hold something: neither missing nor blank text."""
    given = values.notna()
    if pd.api.types.is_string_dtype(values.dtype) or pd.api.types.is_object_dtype(values.dtype):
        given &= values.astype("str").str.strip() != ""
    return given.to_numpy(dtype=bool)
