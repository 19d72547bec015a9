"""Units that stay together, as one unit of a smaller network."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.partition.balance import Balance
from gridmap.partition.network import Network


def joined(network: Network, label: np.ndarray, count: int) -> Network:
    """Return the network of units joined by `label`, shape (n,), from 0 to below `count`; each has the identifier of its first unit."""
    first = np.full(count, network.n)
    np.minimum.at(first, label, np.arange(network.n))
    one, other = label[network.unit], label[network.neighbour]
    inside = one == other
    within = np.bincount(one[inside], weights=network.length_m[inside], minlength=count)
    one, other, length, price = one[~inside], other[~inside], network.length_m[~inside], network.price[~inside]
    shape = (count, count)
    total = _summed(one, other, length, shape)
    open_ = np.isfinite(price)
    charged = np.where(open_, price * length, 0.0)
    paid = _summed(one, other, charged, shape)
    connected = _summed(one, other, open_.astype(float), shape)
    prices = np.where(connected.data > 0, paid.data / total.data, np.inf)
    area = np.bincount(label, weights=network.area_m2, minlength=count)
    perimeter = np.bincount(label, weights=network.perimeter_m, minlength=count) - within
    weights = np.column_stack([np.bincount(label, weights=column, minlength=count) for column in network.weights.T])
    return Network(
        network.index[first],
        total.indptr.astype(np.int64),
        total.indices.astype(np.int64),
        total.data,
        prices,
        area,
        perimeter,
        weights,
        network.quantities,
    )


def _summed(one: np.ndarray, other: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """Return sums by pair, those of nothing too."""
    found = coo_array((values, (one, other)), shape=shape).tocsr()
    found.sum_duplicates()
    found.sort_indices()
    return found


def kept_whole(network: Network, balance: Balance, compound: pd.Series, seeds: pd.Series, most: np.ndarray) -> np.ndarray:
    """Return labels of units from 0, one for the units of a compound that a grid can hold.

    Parameters
    ----------
    network, balance
        Of n units.
    compound
        Shape (n,), NA where a unit is in none.
    seeds
        Shape (n,): a compound with seeds of several codes is not whole.
    most
        What a grid may have of every quantity.

    Notes
    -----
    Where the units of a compound do not hang together (a road through it), each connected part is whole.
    """
    if compound.isna().all():
        return np.arange(network.n)
    number = pd.factorize(compound)[0]
    unit = network.unit
    together = np.isfinite(network.price) & (number[unit] >= 0) & (number[unit] == number[network.neighbour])
    links = csr_array((np.ones(int(together.sum())), (unit[together], network.neighbour[together])), shape=(network.n, network.n))
    count, label = connected_components(links, directed=False)
    codes = pd.DataFrame({"label": label, "code": seeds.to_numpy()}).groupby("label")["code"].nunique().to_numpy()
    whole = (balance.of(label, count).weights <= most).all(axis=1) & (codes <= 1)
    own = np.where(whole[label], label, count + np.arange(network.n))
    return np.unique(own, return_inverse=True)[1]


def subset(network: Network, chosen: np.ndarray) -> Network:
    """Return the network of some units, given by ascending positions."""
    place = np.full(network.n, -1)
    place[chosen] = np.arange(len(chosen))
    unit = network.unit
    inside = (place[unit] >= 0) & (place[network.neighbour] >= 0)
    counts = np.bincount(place[unit[inside]], minlength=len(chosen))
    return Network(
        network.index[chosen],
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        place[network.neighbour[inside]],
        network.length_m[inside],
        network.price[inside],
        network.area_m2[chosen],
        network.perimeter_m[chosen],
        network.weights[chosen],
        network.quantities,
    )
