"""The demo towns as tests take them: drawn once in a process, each taker with frames of its own."""

import copy
import functools

import pandas as pd

from gridmap import synth
from gridmap.synth.town import Town


@functools.cache
def _drawn(name: str, *given: float, **options: float) -> Town:
    return getattr(synth, name)(*given, **options)


def dongyuan(seed: int = 7) -> Town:
    """Return a copy of `synth.dongyuan`, which takes seconds to draw."""
    return copy.deepcopy(_drawn("dongyuan", seed))


def jianyang(scale: float = 1.0, **options: int) -> Town:
    """Return a copy of `synth.jianyang`."""
    return copy.deepcopy(_drawn("jianyang", scale, **options))


@functools.cache
def _project() -> tuple[dict, dict]:
    return synth.project(dongyuan())


def project() -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return a copy of the tables and settings of the demo project."""
    return copy.deepcopy(_project())
