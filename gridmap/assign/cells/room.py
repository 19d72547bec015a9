"""Memory behind an array, so that what is added to it need not copy it."""

from threading import Lock

import numpy as np

SPARE = 4  # a room is larger than what stands in it by a part of this many


class Room:
    """Arrays that grow at their end; what was given out before stays as it was."""

    def __init__(self) -> None:
        self._buffers: dict[str, np.ndarray] = {}
        self._used: dict[str, int] = {}
        self._lock = Lock()

    def __reduce__(self) -> tuple[type["Room"], tuple[()]]:
        return Room, ()  # a copy begins empty: an array that it did not give out is copied anyway

    def extended(self, name: str, array: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return an array with some rows more: in place if it is the last one given out by this name and there is place left."""
        end = len(array) + len(rows)
        with self._lock:
            buffer = self._buffers.get(name)
            if buffer is None or array.base is not buffer or len(array) != self._used[name] or end > len(buffer):
                buffer = np.empty((end + end // SPARE, *array.shape[1:]), dtype=array.dtype)
                buffer[: len(array)] = array
                self._buffers[name] = buffer
            buffer[len(array) : end] = rows
            self._used[name] = end
            return buffer[:end]
