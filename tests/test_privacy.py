"""What names people is refused, and what does not is let through."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import privacy, schema
from gridmap.errors import SchemaError

# Made up after GB 11643-1999: six digits of a place that is none, a date, three digits and a check digit.
IDENTITY = "990101199003070134"


def records(**columns: object) -> pd.DataFrame:
    index = pd.Index(["r1", "r2"], name="record_id")
    return pd.DataFrame({"theme": "population", "kind": "resident", "count": [2, 3], "building_id": ["B1", "B2"]}, index=index).assign(
        **columns
    )


@pytest.mark.parametrize(
    "column",
    [
        "姓名", "户主", "身份证号", "身份证 号", "证件号码", "联系电话", "手机", "微信号", "出生日期", "名", "残疾证号", "法人",
        "名称", "网格员", "网格员姓名",
        "name", "Name", "full_name", "userName", "FULLNAME", "surname", "ID_CARD", "idNo", "id number", "phone", "Mobile1", "tel", "TEL_NO",
        "xm", "XM", "sfzh", "sjh", "lxdh", "e-mail", "dob", "birth_date", "passport", "ＮＡＭＥ", "contact",
    ],
)  # fmt: skip
def test_columns_that_name_people_are_refused(column):
    with pytest.raises(SchemaError, match="look like names"):
        privacy.require_counts_only(records(**{column: 1}), "themes")


@pytest.mark.parametrize(
    "column",
    [
        "面积",
        "floors",
        "grid_code",
        "note",
        "来源",
        "source",
        "telemetry",
        "idle",
        "male",
        "网格编码",
        "年龄段",
        "level",
        "网格名称",
        "grid_name",
        "gridName",
        "grid_no",
        "grid_number",
        "automobiles",
        "residents",
        "网格员数",
    ],
)
def test_other_columns_pass(column):
    privacy.require_counts_only(records(**{column: 1}), "themes")


@pytest.mark.parametrize(
    "value",
    [
        IDENTITY, IDENTITY[:17] + "X", f"证{IDENTITY}。", int(IDENTITY), "13800138000", 13800138000, 13800138000.0, "138 0013 8000",
        "+86 138-0013-8000", "电话：13800138000.", "１３８００１３８０００", "0531-88886666",
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["kind", "note"])
def test_values_that_reach_people_are_refused_and_not_repeated(column, value):
    with pytest.raises(SchemaError, match=f"column {column} of themes .*; 1 rows, first: 2") as raised:
        privacy.require_counts_only(records(**{column: pd.Series(["x1", value], index=["r1", "r2"], dtype="object")}), "themes")
    for text in (raised.value.text("zh"), raised.value.text("en")):
        assert "8000" not in text
        assert IDENTITY[:10] not in text


def test_identifiers_are_looked_at_too():
    with pytest.raises(SchemaError, match="column record_id of themes"):
        privacy.require_counts_only(records().set_axis(["r1", "13800138000"]), "themes")
    with pytest.raises(SchemaError, match="column building_id of themes"):
        privacy.require_counts_only(records(building_id=["B1", IDENTITY]), "themes")


@pytest.mark.parametrize(
    "value",
    [
        "370102001001001",
        "37010200100100100101",
        "13010200001",
        20211231,
        "2021-12-31 15:30:00",
        1.38e10 + 0.5,
        5e300,
        None,
        True,
    ],
)
def test_codes_and_times_are_no_people(value):
    column = "building_id" if value == "13010200001" else "note"
    privacy.require_counts_only(records(**{column: pd.Series(["x1", value], index=["r1", "r2"], dtype="object")}), "themes")


def test_columns_of_every_contract_pass():
    for name in ("staff", "themes"):
        contract = schema.TABLES[name]
        frame = pd.DataFrame(
            {column: ["a1"] for column in (*contract.required, *contract.optional)}, index=pd.Index(["a1"], name=contract.index)
        )
        privacy.require_counts_only(frame, name)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_any_column_name_can_be_asked(column):
    assert privacy.is_personal(column) in (True, False)
    assert privacy.is_personal(f"{column}姓名")


def test_identifiers_need_a_digit():
    privacy.require_numbered(pd.Series(["a1", None, 7], dtype="object"), "staff", "holder")
    for name in ("张三", "Zhang San", "欧阳娜娜", " "):
        with pytest.raises(SchemaError, match=r"holder of staff have no digit .*first: 2"):
            privacy.require_numbered(pd.Series(["a1", name]), "staff", "holder")
