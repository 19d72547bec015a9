"""Texts of the errors and warnings of `gridmap.codes`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.different_index": ("{what} 与网格的编号不一致", "{what} and the grids have different identifiers"),
    "errors.different_index.hint": ("按网格编号重新索引", "reindex it by grid code"),
    "errors.unsound_scheme": (
        "编码方案不成立：各段名称须唯一、长度须为正，末段须为数字",
        "the code scheme is unsound: names must differ, widths be positive, the last segment be digits",
    ),
    "errors.unsound_scheme.hint": ("逐段写出名称和长度", "list each segment with its name and width"),
    "errors.code_not_text": ("编码不是文本", "the code is not text"),
    "errors.code_not_text.hint": (
        "把编码列按文本读取，否则前导零会丢失",
        "read the code column as text, or leading zeros are lost",
    ),
    "errors.code_length": ("编码应有 {expected} 位", "the code must have {expected} characters"),
    "errors.code_length.hint": ("检查前导零是否丢失", "check whether leading zeros were lost"),
    "errors.code_characters": ("编码含有不允许的字符", "the code has characters that its scheme does not allow"),
    "errors.code_characters.hint": ("只用半角数字，不含空格", "use plain digits, without spaces"),
    "errors.wrong_prefix": ("编码前缀应有 {expected} 位且符合方案", "a prefix must have {expected} characters and fit the scheme"),
    "errors.wrong_prefix.hint": (
        "单元网格的前缀是 12 位社区代码（文本）",
        "for unit grids it is the community's 12 digits, as text",
    ),
    "errors.numbers_exhausted": (
        "前缀 {prefix} 下的网格数超过编号上限 {capacity}",
        "prefix {prefix} has more grids than its {capacity} numbers",
    ),
    "errors.numbers_exhausted.hint": ("把社区拆成多个前缀", "divide them among several prefixes"),
    "errors.without_geometry": ("{what} 中有的行没有几何", "rows of {what} have no geometry"),
    "errors.without_geometry.hint": ("在原文件中补上几何或删除这些行", "draw them in the source, or remove the rows"),
}
