"""Results to draw that nothing had to be trained or computed for."""

import numpy as np
from sklearn.utils import Bunch

from skneuron.inspection import NeuronAblation, NeuronShapley, PairwiseAblation
from skneuron.inspection._ablation import verdicts


def addresses(*sizes):
    """Columns layer and index of all neurons of layers of these sizes."""
    layer = np.repeat(np.arange(len(sizes)), sizes)
    return layer, np.concatenate([np.arange(size) for size in sizes])


def judged_ablation(*sizes, n_samples=1000, seed=0, test="mcnemar"):
    """An ablation scored by accuracy or by its loss, which knows how certain its effects are."""
    rng = np.random.default_rng(seed)
    layer, index = addresses(*sizes)
    n_neurons = len(layer)
    n_fixed = rng.poisson(8, n_neurons)
    n_broken = rng.poisson(np.linspace(0, 30, n_neurons))
    losses = rng.normal(0.01, 0.02, n_neurons)
    importances = (n_broken - n_fixed) / n_samples if test == "mcnemar" else losses
    return NeuronAblation(
        layer=layer,
        index=index,
        baseline_score=0.9,
        scores=0.9 - importances,
        importances=importances,
        n_fixed=n_fixed,
        n_broken=n_broken,
        loss_importances=losses,
        loss_std=rng.uniform(0.1, 0.4, n_neurons),
        n_samples=n_samples,
        default_test=test,
    )


def judged(*sizes, **options):
    """Verdicts, and the addresses of their neurons."""
    ablation = judged_ablation(*sizes, **options)
    found = verdicts(n_samples=1000, n_fixed=ablation.n_fixed, n_broken=ablation.n_broken)
    return found, ablation.layer, ablation.index


def shapley(*sizes, seed=0):
    rng = np.random.default_rng(seed)
    layer, index = addresses(*sizes)
    return NeuronShapley(
        layer=layer,
        index=index,
        shapley_values=rng.normal(0.01, 0.02, len(layer)),
        standard_errors=rng.uniform(0.002, 0.01, len(layer)),
        baseline_score=0.9,
        empty_score=0.1,
        n_permutations=64,
        converged=False,
    )


def pairs(*sizes, n_groups=2, noise=1e-3, seed=0):
    """Neurons in groups, of which like ones stand in for each other; groups are shuffled."""
    rng = np.random.default_rng(seed)
    layer, index = addresses(*sizes)
    group = rng.permutation(np.arange(len(layer)) % n_groups)
    # The further apart two groups are, the more they need each other: no two distances are equal.
    apart = np.abs(group[:, None] - group)
    interactions = np.where(apart == 0, 0.02 - 0.001 * group, 0.004 - 0.005 * apart**1.5)
    chance = rng.normal(0, noise, interactions.shape)
    interactions = interactions + chance + chance.T
    np.fill_diagonal(interactions, 0.0)
    importances = rng.normal(0.01, 0.01, len(layer))
    result = PairwiseAblation(
        layer=layer,
        index=index,
        baseline_score=0.9,
        importances=importances,
        joint_importances=interactions + importances[:, None] + importances,
        interactions=interactions,
    )
    return result, group


def cv_results(candidates=(-np.inf, -0.01, 0.0, 0.01, 0.1), name="threshold", n_folds=4, seed=0):
    """As a search has them: the larger the candidate, the smaller the networks."""
    rng = np.random.default_rng(seed)
    n = len(candidates)
    scores = 0.9 - 0.02 * np.linspace(-1, 2, n) ** 2 + rng.normal(0, 0.01, (n_folds, 1))
    scores = scores + rng.normal(0, 0.004, (n_folds, n))
    sizes = np.linspace(40, 10, n).round() + np.zeros((n_folds, 1))
    results = {"params": [{name: value} for value in candidates]}
    results |= {f"split{at}_test_score": row for at, row in enumerate(scores)}
    results |= {f"split{at}_n_neurons": row for at, row in enumerate(sizes)}
    mean = scores.mean(axis=0)
    ranks = np.argsort(np.argsort(-mean)) + 1
    return results | {
        "mean_test_score": mean,
        "rank_test_score": ranks,
        "mean_n_neurons": sizes.mean(axis=0),
    }


def path_columns(n_neurons=60, n_draws=30, seed=0):
    """Sizes, scores where neurons were chosen and elsewhere, and those of random removals."""
    rng = np.random.default_rng(seed)
    sizes = np.arange(n_neurons, 1, -1)
    scores = 0.95 - 0.8 * (1 - sizes / n_neurons) ** 4
    random = scores * np.linspace(1, 0.5, len(sizes)) + rng.normal(0, 0.02, (n_draws, len(sizes)))
    return Bunch(n_neurons=sizes, scores=scores, test=scores - 0.02, random=random)
