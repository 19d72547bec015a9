"""Demo towns: synthetic projects with the published figures of real places, an invented geometry and planted truths."""

from gridmap.synth.dongyuan import dongyuan
from gridmap.synth.jianyang import jianyang
from gridmap.synth.project import project
from gridmap.synth.spoiled import Spoiled, broken_chain, spoiled
from gridmap.synth.town import Town, Truth, canonical_hash, stream

__all__ = ["Spoiled", "Town", "Truth", "broken_chain", "canonical_hash", "dongyuan", "jianyang", "project", "spoiled", "stream"]
