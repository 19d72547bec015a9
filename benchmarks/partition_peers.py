"""Other partitioners over the same network. Each yields assignments, one after the other, until its time is up."""

import multiprocessing
import queue
import random
import time
from collections.abc import Callable, Iterator

import numpy as np

from gridmap.partition.network import Network

Found = Iterator[np.ndarray]


def metis(network: Network, k: int, tolerance: float, seconds: float) -> Found:
    """Run METIS, k-way and contiguous, seed after seed."""
    import pymetis

    graph = {"xadj": network.indptr, "adjncy": network.neighbour, "eweights": _whole(network), "vweights": _weights(network)}
    end, seed = time.perf_counter() + seconds, 0
    while seed == 0 or time.perf_counter() < end:
        options = pymetis.Options(ufactor=int(tolerance * 990), niter=20, ncuts=1, seed=seed, contig=1)
        yield np.array(pymetis.part_graph(k, **graph, recursive=False, options=options)[1])
        seed += 1


def kahip(network: Network, k: int, tolerance: float, seconds: float) -> Found:
    """Run KaHIP (kaffpa), strong where time allows several runs, else eco; it knows neither a lower limit nor contiguity."""
    import kahip as library

    mode = 2 if network.n < 10_000 else 1
    end, seed = time.perf_counter() + seconds, 0
    lists = (_weights(network).tolist(), network.indptr.tolist(), _whole(network).tolist(), network.neighbour.tolist())
    while seed == 0 or time.perf_counter() < end:
        yield np.array(library.kaffpa(*lists, k, tolerance * 0.99, True, seed, mode)[1])
        seed += 1


def gerrychain(network: Network, k: int, tolerance: float, seconds: float) -> Found:
    """Begin with a recursive tree plan, then take recombinations that keep or shorten the border."""
    import networkx as nx
    from gerrychain import Graph, Partition
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom
    from gerrychain.tree.bipartition_tree import PopulationBalanceError
    from gerrychain.updaters import Tally

    end = time.perf_counter() + seconds
    random.seed(0)
    plain = nx.Graph()
    plain.add_nodes_from((i, {"weight": float(w)}) for i, w in enumerate(network.weights[:, 0]))
    plain.add_weighted_edges_from(zip(network.unit.tolist(), network.neighbour.tolist(), network.length_m.tolist(), strict=True))
    graph = Graph.from_networkx(plain)
    mean = float(network.weights[:, 0].sum() / k)
    start = recursive_tree_part(graph, range(k), mean, "weight", tolerance * 0.98, node_repeats=0)
    state = Partition(graph, start, {"weight": Tally("weight")})
    yield _numbers(state, network)
    while time.perf_counter() < end:
        try:
            proposed = recom(state, "weight", mean, tolerance, node_repeats=0)
        except (RuntimeError, PopulationBalanceError):  # no balanced cut of this pair
            continue
        if _border(network, _numbers(proposed, network)) <= _border(network, _numbers(state, network)):
            state = proposed
    yield _numbers(state, network)


def skater(network: Network, k: int, _tolerance: float, _seconds: float) -> Found:
    """Run SKATER of spopt over the units' weights; it knows no balance."""
    import geopandas as gpd
    import libpysal
    from spopt.region import Skater

    frame = gpd.GeoDataFrame({"weight": network.weights[:, 0]})
    neighbours = {i: network.neighbour[network.indptr[i] : network.indptr[i + 1]].tolist() for i in range(network.n)}
    model = Skater(frame, libpysal.weights.W(neighbours), ["weight"], n_clusters=k)
    model.solve()
    yield np.asarray(model.labels_)


PEERS: dict[str, Callable[[Network, int, float, float], Found]] = {
    "METIS": metis,
    "KaHIP": kahip,
    "GerryChain": gerrychain,
    "spopt SKATER": skater,
}


def within(name: str, network: Network, k: int, tolerance: float, seconds: float) -> list[np.ndarray]:
    """Return what a peer finds in a process of its own, which ends when its time is up."""
    context = multiprocessing.get_context("fork")
    found: multiprocessing.Queue = context.Queue()
    process = context.Process(target=_send, args=(name, network, k, tolerance, seconds, found))
    end = time.perf_counter() + seconds * 1.2 + 1
    process.start()
    results = []
    while time.perf_counter() < end:
        try:
            one = found.get(timeout=max(end - time.perf_counter(), 0.01))
        except queue.Empty:
            break
        if one is None:
            break
        results.append(one)
    process.terminate()
    process.join()
    return results


def _send(name: str, network: Network, k: int, tolerance: float, seconds: float, found: multiprocessing.Queue) -> None:
    try:
        for one in PEERS[name](network, k, tolerance, seconds):
            found.put(one)
    finally:
        found.put(None)


def _whole(network: Network) -> np.ndarray:
    return np.maximum(1, np.round(network.length_m / network.length_m.mean() * 100)).astype(np.int64)


def _weights(network: Network) -> np.ndarray:
    return np.round(network.weights[:, 0]).astype(np.int64)


def _numbers(state: object, network: Network) -> np.ndarray:
    return np.array([state.assignment[i] for i in range(network.n)])  # type: ignore[attr-defined]


def _border(network: Network, grid: np.ndarray) -> float:
    return float(network.length_m[grid[network.unit] != grid[network.neighbour]].sum() / 2)
