"""Texts of the server's answers to programs: `api.NAME` -> (zh, en)."""

TEXTS: dict[str, tuple[str, str]] = {
    "api.foreign": (
        "只接受本服务自己的页面和本机程序的请求",
        "only this server's own pages and programs that ask it by its own name are answered",
    ),
    "api.no_project": ("服务启动时没有打开项目，无处可写", "the server was started without a project, so there is nowhere to write"),
    "api.no_such_project": ("只能询问服务启动时打开的项目", "only the project the server was started with may be asked"),
    "api.bad_since": ("since 须为不小于 0 的整数", "since must be a whole number from 0"),
    "api.too_many": ("实时连接已满或服务正在停止，请稍后再试", "too many live connections, or the server is stopping: try again later"),
    "api.not_json": ("Content-Type 须为 application/json", "Content-Type must be application/json"),
    "api.too_large": ("请求超过 {limit} 字节", "the request is over {limit} bytes"),
    "api.too_many_events": ("一次最多 {limit} 件事件", "at most {limit} events a request"),
    "api.bad_json": ("不是正确的 JSON（UTF-8）：{reason}", "this is no JSON in UTF-8: {reason}"),
    "api.not_events": ("须为一件事件的对象，或非空的事件列表", "it must be the object of one event, or a list of events that is not empty"),
    "api.not_an_event": ("第 {number} 件不是对象", "event {number} is no object"),
    "api.unknown_member": (
        "第 {number} 件有项目中没有的字段 {name}；可用：{known}",
        "event {number} has the unknown field {name}; there are {known}",
    ),
    "api.missing_member": ("第 {number} 件缺少字段 {name}", "event {number} lacks the field {name}"),
    "api.no_place": (
        "第 {number} 件没有位置：给出 lon 和 lat，或 x、y 和 crs，或 address",
        "event {number} has no place: give lon and lat, or x, y and crs, or address",
    ),
    "api.half_a_place": (
        "第 {number} 件的位置须为 lon 和 lat，或 x、y 和 crs",
        "the place of event {number} must be lon and lat, or x, y and crs",
    ),
    "api.bad_degrees": ("第 {number} 件的 lon、lat 不是经度和纬度", "lon and lat of event {number} are no longitude and latitude"),
    "api.bad_xy": (
        "第 {number} 件的 x、y 须为数，crs 须写作 EPSG:4548",
        "x and y of event {number} must be numbers, and crs must be written like EPSG:4548",
    ),
    "api.bad_time": (
        "第 {number} 件的 {name} 须为带时区的时间，如 2021-12-31T17:05:00+08:00",
        "{name} of event {number} must be a time with its zone, such as 2021-12-31T17:05:00+08:00",
    ),
    "api.bad_value": (
        "第 {number} 件的 {name} 不合要求（类型 {type}，文本最长 {limit} 字）",
        "{name} of event {number} does not fit (type {type}; a text has at most {limit} letters)",
    ),
}
