"""The plan of the town on squared paper: metres east and north of its south-west corner, before the ground bends it.

The layout is the same for every seed, so that every published figure is; what a seed changes is the ground (`ground.py`), the houses
and the events.
"""

from dataclasses import dataclass

Corner = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north


@dataclass(frozen=True)
class Road:
    """One named line: class as in the streets table; `parts` share the name."""

    name: str
    kind: str
    parts: tuple[tuple[Corner, ...], ...]


@dataclass(frozen=True)
class Compound:
    """One residential compound (小区).

    Attributes
    ----------
    rows
        Buildings per row, from the north.
    units
        Households of each unit; a unit takes whole rows, as many as `rows` divided by the number of units.
    tower
        High-rise with one entrance a building instead of slabs with several.
    """

    name: str
    alias: str
    box: Box
    rows: tuple[int, ...]
    units: tuple[int, ...]
    road: str
    tower: bool = False

    @property
    def households(self) -> int:
        """Return the published number of households."""
        return sum(self.units)


@dataclass(frozen=True)
class Place:
    """One place with a dedicated grid (专属网格): the face of the town plan that holds `inside`."""

    name: str
    use: str
    inside: Corner


OUTLINE: tuple[Corner, ...] = (
    (0, 0), (1700, 0), (1830, 40), (1890, 110), (1890, 294), (1940, 345), (1962, 450), (1935, 555), (1890, 594),
    (1890, 1020), (1865, 1110), (1800, 1184), (110, 1184), (45, 1140), (0, 1060),
)  # fmt: skip
RIVER_EDGE: tuple[Corner, ...] = OUTLINE[:4]
AREA_M2 = 2_240_000
ARTERIALS = ("primary", "secondary")

ROADS: tuple[Road, ...] = (
    Road("人民路", "primary", (((-170, 594), (1080, 594)), ((1080, 594), (2080, 594)))),  # east and west part; crosses the outline
    Road("东苑大街", "primary", (((1080, 1184), (1080, 0)),)),
    Road("北环路", "secondary", (((0, 1060), (45, 1140), (110, 1184), (1800, 1184), (1865, 1110), (1890, 1020)),)),
    Road("东环路", "secondary", ((*OUTLINE[9:7:-1], *OUTLINE[7:2:-1]),)),
    Road("文化路", "secondary", (((0, 884), (1890, 884)),)),
    Road("建设路", "secondary", (((0, 294), (1890, 294)),)),
    Road("工业路", "secondary", (((250, 1184), (250, 594)),)),
    Road("泉西路", "secondary", (((330, 594), (330, 0)),)),
    Road("解放路", "secondary", (((590, 1184), (590, 0)),)),
    Road("学府路", "secondary", (((840, 1184), (840, 884)),)),
    Road("康宁路", "secondary", (((930, 884), (930, 594)),)),
    Road("柳林路", "secondary", (((840, 594), (840, 0)),)),
    Road("育才路", "secondary", (((1410, 1184), (1410, 594)),)),
    Road("市场路", "secondary", (((1310, 594), (1310, 0)),)),
    Road("园丁路", "secondary", (((1660, 1184), (1660, 0)),)),
    Road("迎宾斜街", "secondary", (((590, 594), (840, 294), (1080, 0)),)),  # the diagonal
    Road("仓储巷", "residential", (((0, 975), (250, 965)),)),
    Road("书院巷", "residential", (((590, 1015), (715, 1025), (840, 1015)),)),
    Road("砚池巷", "residential", (((715, 1025), (720, 950), (710, 884)),)),
    Road("文庙巷", "residential", (((840, 1050), (955, 1040), (1080, 1055)),)),
    Road("银杏巷", "residential", (((955, 1040), (965, 960), (950, 884)),)),
    Road("府前巷", "residential", (((1410, 1060), (1540, 1050), (1660, 1060)),)),
    Road("府西巷", "residential", (((1540, 1184), (1540, 1050), (1525, 960), (1530, 884)),)),
    Road("杏林巷", "residential", (((1660, 1030), (1905, 1045)),)),
    Road("铁路巷", "residential", (((0, 745), (120, 735), (250, 745)),)),
    Road("柳荫巷", "residential", (((250, 725), (425, 742), (590, 728)),)),
    Road("剪子巷", "residential", (((425, 742), (435, 670), (425, 594)),)),
    Road("葫芦巷", "residential", (((425, 742), (420, 790), (450, 835)),)),  # the dead end
    Road("康复巷", "residential", (((930, 700), (1080, 695)),)),
    Road("小康巷", "residential", (((1080, 824), (1410, 824)),)),
    Road("百货巷", "residential", (((1410, 740), (1550, 750), (1660, 742)),)),
    Road("织布巷", "residential", (((1540, 884), (1550, 750), (1560, 594)),)),
    Road("槐树巷", "residential", (((330, 450), (460, 440), (590, 452)),)),
    Road("打铁巷", "residential", (((460, 594), (460, 440)),)),
    Road("磨盘巷", "residential", (((685, 480), (840, 470)),)),
    Road("井台巷", "residential", (((590, 400), (751.666667, 400)),)),
    Road("集市巷", "residential", (((1080, 405), (1200, 395), (1310, 405)),)),
    Road("染坊巷", "residential", (((1190, 594), (1200, 395), (1205, 294)),)),
    Road("车站巷", "residential", (((1660, 412), (1795, 420), (1990, 410)),)),
    Road("货场巷", "residential", (((1795, 420), (1785, 294)),)),
    Road("滨河巷", "residential", (((330, 190), (455, 200), (590, 188)),)),
    Road("桥头巷", "residential", (((460, 294), (455, 200)),)),
    Road("渡口巷", "residential", (((590, 150), (715, 140), (840, 150)),)),
    Road("船坞巷", "residential", (((710, 294), (715, 140)),)),
    Road("茶亭巷", "residential", (((840, 115), (986.122449, 115)),)),
    Road("石桥巷", "residential", (((924.897959, 190), (1080, 180)),)),
    Road("鱼市巷", "residential", (((1080, 150), (1195, 142), (1310, 152)),)),
    Road("水塘巷", "residential", (((1195, 142), (1200, 0)),)),
    Road("水厂巷", "residential", (((1660, 170), (1905, 160)),)),
    Road("清溪河", "river", (RIVER_EDGE,)),
    Road("货运铁路", "rail", (((0, 0), (0, 1060)),)),
)

COMPOUNDS: tuple[Compound, ...] = (
    Compound("东苑小区", "机械厂家属院", (590, 594, 930, 884), (5, 5, 5, 5, 5, 4), (150, 150, 150, 148, 151, 150), "解放路"),
    Compound("温泉家园", "温泉小区", (1080, 884, 1410, 1184), (4, 4, 5, 4, 4, 5), (130, 130, 130, 130, 130, 129), "东苑大街"),
    Compound("翡翠园", "翡翠小区", (0, 294, 330, 594), (4, 4, 4, 4, 4, 3), (115, 115, 115, 115, 115, 114), "泉西路"),
    Compound("怡心园", "怡心小区", (1310, 294, 1660, 594), (4, 4, 3, 4, 3, 3), (104, 103, 103, 103, 103, 103), "市场路"),
    Compound("和顺家园", "和顺小区", (0, 104, 330, 294), (5, 5, 5, 4), (165, 165, 115, 115), "建设路"),
    Compound("锦绣花园", "锦绣小区", (250, 1000, 590, 1184), (5, 5, 5, 2), (162, 160, 158, 40), "北环路"),
    Compound("书香苑", "教师新村", (1080, 594, 1410, 824), (4, 4, 4, 4), (470,), "人民路"),
    Compound("百合苑", "供销社家属院", (1660, 594, 1890, 820), (3, 3, 3, 3, 3), (430,), "园丁路"),
    Compound("清水湾", "清水小区", (1310, 0, 1660, 240), (4, 4, 3, 3), (400,), "市场路"),
    Compound("梧桐里", "棉纺厂家属院", (840, 390, 1080, 594), (3, 3, 3, 3), (360,), "柳林路"),
    Compound("金穗小区", "粮食局家属院", (250, 884, 590, 1000), (5, 5), (300,), "文化路", tower=True),
    Compound("河畔新村", "河畔小区", (0, 0, 330, 104), (4, 4), (230,), "泉西路", tower=True),
    Compound("枫林苑", "枫林小区", (840, 294, 1080, 390), (3, 2), (121,), "建设路"),
    Compound("桃李园", "桃李小区", (1310, 240, 1540, 294), (3,), (71,), "建设路"),
    Compound("安居苑", "安居小区", (1660, 820, 1890, 884), (2,), (46,), "文化路"),
    Compound("柳园", "邮电家属楼", (1080, 824, 1230, 884), (2,), (27,), "东苑大街"),
)

# compound walls that no road replaces: between two compounds, or between a compound and its neighbour
WALLS: tuple[tuple[Corner, ...], ...] = (
    ((250, 1000), (590, 1000)),
    ((0, 104), (330, 104)),
    ((840, 390), (1080, 390)),
    ((1660, 820), (1890, 820)),
    ((1310, 240), (1660, 240)),
    ((1540, 240), (1540, 294)),
    ((1230, 824), (1230, 884)),
)

PLACES: tuple[Place, ...] = (
    Place("东源市机械工业园", "industrial", (125, 1060)),
    Place("东苑小学", "school", (715, 1100)),
    Place("东源市第二医院", "hospital", (1005, 800)),
    Place("东苑街道办事处", "office", (1470, 1120)),
    Place("万隆购物中心", "mall", (1480, 660)),
    Place("清溪公园", "park", (460, 100)),
    Place("东苑农贸市场", "market", (1140, 350)),
    Place("东源汽车站", "station", (1720, 350)),
)

# the plan in force: compound -> number of its units, from the north, in each level-3 grid; a grid is named by its place in GRIDS
GRIDS: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "N1": (("东苑小区", (0, 1, 2, 3)),),
    "N2": (("东苑小区", (4, 5)),),
    "N3": (("锦绣花园", (0, 1)),),
    "N4": (("锦绣花园", (2, 3)), ("金穗小区", (0,))),
    "E1": (("温泉家园", (0, 1, 2)),),
    "E2": (("温泉家园", (3, 4, 5)), ("柳园", (0,))),
    "E3": (("书香苑", (0,)),),
    "E4": (("百合苑", (0,)), ("安居苑", (0,))),
    "W1": (("翡翠园", (0, 1, 2)),),
    "W2": (("翡翠园", (3, 4, 5)),),
    "W3": (("和顺家园", (0, 1, 2)),),
    "W4": (("和顺家园", (3,)), ("河畔新村", (0,))),
    "S1": (("怡心园", (0, 1, 2, 3)),),
    "S2": (("怡心园", (4, 5)),),
    "S3": (("清水湾", (0,)), ("桃李园", (0,))),
    "S4": (("梧桐里", (0,)), ("枫林苑", (0,))),
}

# the truth plan: 16 grids of 309 to 497 households that respect compounds
TRUTH: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "T01": (("东苑小区", (0, 1, 2)),),
    "T02": (("东苑小区", (3, 4, 5)),),
    "T03": (("温泉家园", (0, 1, 2)),),
    "T04": (("温泉家园", (3, 4, 5)),),
    "T05": (("翡翠园", (0, 1, 2)),),
    "T06": (("翡翠园", (3, 4, 5)),),
    "T07": (("怡心园", (0, 1, 2)),),
    "T08": (("怡心园", (3, 4, 5)),),
    "T09": (("和顺家园", (0, 1)),),
    "T10": (("和顺家园", (2, 3)), ("河畔新村", (0,))),
    "T11": (("锦绣花园", (0, 1, 2)),),
    "T12": (("锦绣花园", (3,)), ("金穗小区", (0,))),
    "T13": (("书香苑", (0,)), ("柳园", (0,))),
    "T14": (("百合苑", (0,)), ("安居苑", (0,))),
    "T15": (("清水湾", (0,)), ("桃李园", (0,))),
    "T16": (("梧桐里", (0,)), ("枫林苑", (0,))),
}

# level 2 by quarter, with the box that holds its faces; the quarters meet at 人民路, and the southern two at 柳林路
QUARTERS: dict[str, tuple[str, Box]] = {
    "N": ("东苑西北片区", (-100, 594, 1080, 1300)),
    "E": ("东苑东北片区", (1080, 594, 2100, 1300)),
    "W": ("东苑西南片区", (-100, -200, 840, 594)),
    "S": ("东苑东南片区", (840, -200, 2100, 594)),
}

# the six communities as filed, each a union of level-3 grids
AREAS: dict[str, tuple[str, ...]] = {
    "郑家台": ("N1", "N2", "N3", "N4"),
    "詹家拐子": ("W1", "W2", "W3"),
    "王家庄": ("W4", "S4"),
    "榆中街": ("S2", "S3"),
    "耿家庄": ("E1", "E2", "E3"),
    "周家庄": ("E4", "S1"),
}
