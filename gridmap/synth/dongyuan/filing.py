"""What the street office filed: the published two-way table of the year, categories in detail, limits and planted hotspots."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.synth.dongyuan.layout import Corner

CATEGORIES = ("我要咨询", "我要建议", "民生困难", "环境卫生", "矛盾纠纷", "安全隐患")
# area as filed -> events per category; None is the street office, whose events carry no area
TABLE: dict[str | None, tuple[int, ...]] = {
    None: (79, 48, 28, 134, 5, 33),
    "郑家台": (43, 35, 61, 292, 10, 107),
    "詹家拐子": (35, 29, 50, 240, 8, 59),
    "王家庄": (21, 18, 31, 148, 5, 36),
    "榆中街": (21, 18, 30, 144, 5, 35),
    "耿家庄": (32, 26, 45, 436, 8, 54),
    "周家庄": (20, 16, 28, 138, 15, 34),
}
EVENTS = 2660
DOORS, STREETS, HOTSPOTS, NOWHERE = 1596, 665, 266, 133  # 60, 25, 10 and 5 %

# weight of each month, January first
EVEN = (1.0,) * 12
SUMMER = (0.6, 0.6, 0.8, 1.0, 1.2, 1.6, 1.9, 1.8, 1.3, 0.9, 0.7, 0.6)
HEATING = (1.7, 1.4, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.6)
SCHOOL = (0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 1.8, 1.8, 1.0, 0.6, 0.5, 0.5)
# subcategories: share of the category, weight of each month
SUBCATEGORIES: dict[str, dict[str, tuple[float, tuple[float, ...]]]] = {
    "我要咨询": {"社保医保": (0.45, EVEN), "办证手续": (0.35, EVEN), "入学入托": (0.2, SCHOOL)},
    "我要建议": {"停车管理": (0.4, EVEN), "绿化美化": (0.25, SUMMER), "路灯照明": (0.2, EVEN), "便民设施": (0.15, EVEN)},
    "民生困难": {"供暖": (0.45, HEATING), "供水": (0.25, EVEN), "供电": (0.15, SUMMER), "生活救助": (0.15, EVEN)},
    "环境卫生": {"垃圾清运": (0.4, SUMMER), "道路保洁": (0.3, SUMMER), "污水外溢": (0.15, SUMMER), "小广告": (0.15, EVEN)},
    "矛盾纠纷": {"邻里纠纷": (0.4, EVEN), "物业纠纷": (0.35, EVEN), "噪声扰民": (0.25, SUMMER)},
    "安全隐患": {"消防通道": (0.35, EVEN), "飞线充电": (0.3, EVEN), "井盖破损": (0.2, EVEN), "高空坠物": (0.15, EVEN)},
}
# weight of the hours 7 to 21 of a day, and of the days Monday to Sunday
HOURS = (4, 9, 12, 12, 9, 5, 5, 8, 9, 9, 7, 5, 4, 3, 2)
FIRST_HOUR = 7
WEEKDAYS = (1.1, 1.05, 1.0, 1.0, 1.0, 0.65, 0.55)
CHANNELS = {"hotline": 0.42, "app": 0.27, "patrol": 0.23, "wechat": 0.08}


@dataclass(frozen=True)
class Hotspot:
    """One planted hotspot: `count` events of a subcategory around `centre` (on the plan), from `start` until before `end`."""

    area: str
    category: str
    subcategory: str
    count: int
    centre: Corner
    start: str
    end: str
    radius_m: float = 80.0


PLANTED: tuple[Hotspot, ...] = (
    Hotspot("耿家庄", "环境卫生", "垃圾清运", 45, (1245, 1034), "2021-07-05", "2021-07-26"),
    Hotspot("詹家拐子", "环境卫生", "污水外溢", 45, (165, 440), "2021-06-07", "2021-06-28"),
    Hotspot("郑家台", "安全隐患", "飞线充电", 44, (760, 735), "2021-10-11", "2021-11-01"),
    Hotspot("郑家台", "民生困难", "供暖", 44, (420, 985), "2021-01-11", "2021-02-01"),
    Hotspot("周家庄", "环境卫生", "垃圾清运", 44, (1485, 500), "2021-08-16", "2021-09-06"),
    Hotspot("王家庄", "环境卫生", "道路保洁", 44, (960, 490), "2021-04-12", "2021-05-03"),
)


def year(random: np.random.Generator) -> pd.DataFrame:
    """Return one row per event of the year: area (None for the street office), category, subcategory, kind, hotspot (-1 for none).

    Notes
    -----
    `kind` is door, street, hotspot or nowhere (its text cannot be located), in the exact numbers of DOORS, STREETS, HOTSPOTS and NOWHERE.
    """
    left = {(area, name): count for area, counts in TABLE.items() for name, count in zip(CATEGORIES, counts, strict=True)}
    rows: list[tuple[object, ...]] = []
    for number, spot in enumerate(PLANTED):
        left[spot.area, spot.category] -= spot.count
        rows += [(spot.area, spot.category, spot.subcategory, "hotspot", number)] * spot.count
    cells = [cell for cell, count in left.items() for _ in range(count)]
    kinds = np.repeat(["door", "street", "nowhere"], [DOORS, STREETS, NOWHERE])
    for (area, name), kind in zip(cells, random.permutation(kinds), strict=True):
        rows.append((area, name, None, str(kind), -1))
    frame = pd.DataFrame(rows, columns=["area", "category", "subcategory", "kind", "hotspot"]).astype(
        dict.fromkeys(("area", "subcategory"), object)
    )
    return _with_subcategories(frame, random)


def thirty_days(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Return one row per event of the days after the year, drawn from the year's table; as `year`, without hotspots."""
    cells = [(area, name) for area in TABLE for name in CATEGORIES]
    weights = np.array([TABLE[area][CATEGORIES.index(name)] for area, name in cells], dtype=float)
    drawn = [cells[position] for position in random.choice(len(cells), count, p=weights / weights.sum())]
    kinds = random.choice(["door", "street", "nowhere"], count, p=[0.65, 0.3, 0.05])
    columns = {"area": [area for area, _ in drawn], "category": [name for _, name in drawn], "subcategory": None}
    frame = pd.DataFrame(columns | {"kind": [str(kind) for kind in kinds], "hotspot": -1}, dtype=object)
    return _with_subcategories(frame, random)


def _with_subcategories(frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    drawn = random.random(len(frame))
    found = []
    for name, given, draw in zip(frame["category"], frame["subcategory"], drawn, strict=True):
        choices = SUBCATEGORIES[name]
        bounds = np.cumsum([share for share, _ in choices.values()])
        found.append(
            given if isinstance(given, str) else list(choices)[min(int(np.searchsorted(bounds, draw, side="right")), len(choices) - 1)]
        )
    return frame.assign(subcategory=found)
