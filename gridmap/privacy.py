"""People are only ever counts: tables that look as if they named anybody are refused."""

import re
import unicodedata

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.schema import TABLES

# What a column that names people is called: in Chinese, and in English or pinyin as small words with spaces between.
CHINESE = re.compile(
    "名|身份|证件|证号|证码|护照|电话|手机|联系|微信|邮箱|号码|生日|出生|户主|房东|责任人|负责人|经办人|监护人|法人|住址|^(?:网格员|网格长|业主|租户)$"
)
ENGLISH = re.compile(
    r"id ?card|\bid ?n(?:o|um)|identity|passport|phone|\bmobile|we ?chat|e ?mail|birth|householder"
    "|xing ?ming|shen ?fen ?zheng|dian ?hua|shou ?ji|lian ?xi"
)
THINGS = re.compile(  # whose names are no person's
    "(?:网格|社区|街道|小区|楼栋|房屋|道路|部门|岗位|单位|机构)名称?"
    "|(?:grid|community|street|road|building|compound|department|unit|post|town)[_ ]?name",
    re.IGNORECASE,
)
WORDS = frozenset(
    {"tel", "mail", "qq", "dob", "person", "contact", "contacts", "xm", "sfz", "sfzh", "sfzhm", "sj", "sjh", "lxdh", "dh", "lxr"}
)
# An identity number of 18 characters holds a date of birth (GB 11643-1999).
IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
PHONE = re.compile(r"(?<!\d)(?<!\d\.)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\.?\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
EITHER = re.compile(f"{IDENTITY.pattern}|{PHONE.pattern}")
CODES = frozenset({"grid_code", "building_id"})
LONG_NUMBER = 10_000_000_000  # eleven digits, as a mobile number has


def require_counts_only(frame: pd.DataFrame, what: str) -> None:
    """Raise unless a table is free of what looks like names, identity numbers and phone numbers of people.

    Parameters
    ----------
    frame
        A table; its contract's own columns may bear their names.
    what
        The table's name in `schema.TABLES`.

    Raises
    ------
    SchemaError
        If a column's name speaks of names, identity papers, phones, addresses of letters or birth, or a value (in the index, too) holds an
        identity number or a phone number. The message names the column and the rows, never the value.

    Notes
    -----
    Codes of grids and buildings may have eleven digits and begin as mobile numbers do, so those are not looked for in these columns. A
    person's name that stands as a value is a text like any other and is not recognised, nor is an identity number of 15 digits, in force
    until 2012: codes of grids have as many. Cost: one look at each value.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError("not_a_table", what=what, given=type(frame).__name__)
    contract = TABLES[what]
    own = {contract.index, *contract.required, *contract.optional}
    named = [str(name) for name in frame.columns if name not in own and is_personal(str(name))]
    if named:
        raise SchemaError("personal_columns", what=what, columns=", ".join(named))
    held = [(str(frame.index.name or contract.index), frame.index.to_series())]
    held += [(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns) if frame.dtypes.iloc[place] != "geometry"]
    for name, values in held:
        marks = _marked(values, IDENTITY if name in CODES else EITHER)
        if marks.any():
            raise SchemaError("personal_values", what=what, column=name, rows=np.flatnonzero(marks) + 1)


def require_numbered(identifiers: pd.Series | pd.Index, what: str, column: str) -> None:
    """Raise SchemaError if an identifier has no digit: it may be somebody's name; missing ones pass.

    Notes
    -----
    The message names the rows by their place from 1, never the identifier.
    """
    unnumbered = ~pd.Series(np.asarray(identifiers, dtype=object), dtype="str").str.contains("[0-9]", na=True).to_numpy(dtype=bool)
    if unnumbered.any():
        raise SchemaError("not_numbered", what=what, column=column, rows=np.flatnonzero(unnumbered) + 1)


def is_personal(column: str) -> bool:
    """Tell whether a column's name speaks of what identifies or reaches a person."""
    plain = THINGS.sub("", unicodedata.normalize("NFKC", column).strip())
    words = re.findall("[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower())
    spoken = any(word in WORDS or word.endswith(("name", "names")) for word in words)
    return spoken or bool(CHINESE.search(plain) or ENGLISH.search(" ".join(words)))


def _marked(values: pd.Series, pattern: re.Pattern[str]) -> np.ndarray:
    """Mark the values in which the pattern stands; times are not looked at, nor numbers of fewer digits than a phone's."""
    marks = np.zeros(len(values), dtype=bool)
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return marks
    looked_at = values.notna().to_numpy()
    if pd.api.types.is_numeric_dtype(values.dtype):
        looked_at = (values >= LONG_NUMBER).to_numpy(dtype=bool, na_value=False)
    texts = np.array([_text(value) for value in values[looked_at].tolist()], dtype=object)
    codes, distinct = pd.factorize(texts)
    if pattern.search(unicodedata.normalize("NFKC", "\x00".join(distinct))):  # one look at all is many times faster
        marks[looked_at] = np.array([pattern.search(unicodedata.normalize("NFKC", text)) is not None for text in distinct])[codes]
    return marks


def _text(value: object) -> str:
    """Return a value as text, a whole float without its decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
