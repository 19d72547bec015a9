"""Texts of the errors and warnings of `gridmap.ui`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.basemaps_not_toml": (
        "底图设置不是有效的 TOML：{path}（{reason}）",
        "the settings of base maps are no valid TOML: {path} ({reason})",
    ),
    "errors.basemaps_not_toml.hint": ("对照 docs/map.md 的示例", "compare it with the example in docs/map.md"),
    "errors.basemaps_entry": ("底图设置 {path} 中的 {entry} 不成立", "the settings of base maps {path} are wrong at {entry}"),
    "errors.basemaps_entry.hint": (
        "对照 docs/map.md：地址含 {{z}} {{x}} {{y}}，有子域写 {{s}}，有密钥写 {{key}}",
        "see docs/map.md: the address has {{z}} {{x}} {{y}}, with subdomains {{s}}, with a key {{key}}",
    ),
    "errors.basemaps_key": (
        "底图 {entry} 的密钥没有设置：环境变量 {variable} 为空",
        "the key of the base map {entry} is not set: the environment variable {variable} is empty",
    ),
    "errors.basemaps_key.hint": (
        "启动前设置该环境变量，或从底图设置中去掉这一项",
        "set it before the start, or take the entry out of the file",
    ),
    "errors.no_basemap_tile": ("没有这张底图瓦片", "there is no such tile of a base map"),
    "errors.no_basemap_tile.hint": ("核对底图名称和层级", "check the name of the base map and the zoom"),
    "errors.basemap_service": ("底图服务没有给出图片（{status}）", "the base map's service gave no picture ({status})"),
    "errors.basemap_service.hint": ("检查网络、密钥和服务地址", "check the network, the key and the service's address"),
    "errors.port_taken": ("端口 {port} 不可用，可能已被别的程序占用", "port {port} is not free: another program may use it"),
    "errors.port_taken.hint": ("用 --port 另选一个，0 表示任意空闲端口", "choose another with --port; 0 takes any free one"),
    "errors.web_files_absent": ("地图需要的网页文件没有安装", "the web files of the map are not installed"),
    "errors.web_files_absent.hint": (
        "在项目文件夹运行 make env（或用本环境的 Python 运行 tools/install_web.py）",
        "in the project's folder run make env (or tools/install_web.py with this environment's Python)",
    ),
    "errors.bad_query": ("请求参数 {what} 缺失或有误", "the request's {what} is missing or wrong"),
    "errors.bad_query.hint": ("请刷新页面", "reload the page"),
    "errors.layer_gone": ("服务器已不再保留这个图层", "the server no longer keeps this layer"),
    "errors.layer_gone.hint": ("请刷新页面", "reload the page"),
}
