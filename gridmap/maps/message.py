"""Fields of Protocol Buffers, as messages of vector tiles have them."""


def number(value: int) -> bytes:
    """Return a whole number that is not negative."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def zigzag(value: int) -> int:
    """Return a number with its sign as the last bit."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def block(field: int, content: bytes) -> bytes:
    """Return a field of bytes."""
    return number(field << 3 | 2) + number(len(content)) + content
