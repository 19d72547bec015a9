"""Texts of plans: what a plan, an edit and a difference say of themselves."""

TEXTS: dict[str, tuple[str, str]] = {
    # what a plan says of its grids
    "plan.side.east": ("东", "east"),
    "plan.side.south": ("南", "south"),
    "plan.side.west": ("西", "west"),
    "plan.side.north": ("北", "north"),
    "plan.side.to": ("{side}至{things}", "{side}: {things}"),
    "plan.side.beside": ("{side}{things}", "{side}: {things}"),
    "plan.side.grids": ("与{grids}相邻", "beside {grids}"),
    "plan.side.both": ("{lines}并与{grids}相邻", "{lines}, and beside {grids}"),
    "plan.side.void": ("辖区边界", "the boundary of the plan"),
    "plan.side.between": ("，", "; "),
    "plan.between": ("、", ", "),
    "plan.grid_named": ("{name}网格", "grid {name}"),
    "plan.grid_ends": ("网格 区 街道 镇 乡 村", "grid Grid"),  # a name that ends so says itself what it is
    "plan.class.road": ("无名道路", "an unnamed road"),
    "plan.class.river": ("河流", "a river"),
    "plan.class.stream": ("河流", "a stream"),
    "plan.class.canal": ("水渠", "a canal"),
    "plan.class.rail": ("铁路", "a railway"),
    "plan.class.wall": ("围墙", "a wall"),
}
