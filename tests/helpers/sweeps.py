"""Sweeps over all neurons of a case, and forward passes in small blocks."""

from helpers.networks import make

from skneuron.inspection._scoring import _blocks


def case_of(kind="multiclass", n=1000, **options):
    return make(kind, (5, 4), "tanh", n=n, **options)


def one_chunk_a_block(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 1)
