"""The study of one network: train it, ablate and prune it, evaluate it on test samples."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skneuron.inspection._ablation import NeuronAblation, neuron_ablation
from skneuron.inspection._pruning_path import NeuronPruningPath, pruning_path, support_after
from skneuron.inspection._scoring import AblationProblem
from skneuron.study._automatic_choice import automatic_choice
from skneuron.study._control_methods import CONTROLS, ControlTask
from skneuron.study._data_split import DataSplit, LabelledSamples, labelled_samples
from skneuron.study._held_out_evaluation import (
    ControlResult,
    HeldOutEvaluation,
    PrunedNetwork,
    RemovalResult,
)
from skneuron.study._repair import RepairedNetwork, repaired_networks
from skneuron.study._study_data import StudyData
from skneuron.study._work_estimate import work_estimate
from skneuron.surgery import Network, remove_neurons, split_by_layer
from skneuron.utils import (
    FloatArray,
    ProgressReporter,
    training_in_full,
    watched_fit,
)


@dataclass(frozen=True)
class NetworkStudy:
    """All that was found out about one trained network.

    Attributes
    ----------
    hidden : tuple of int
        Sizes of its hidden layers.
    seed : int
        Of its training, of the split of the samples, and of the wrong labels.
    score_name : str
        What it is scored by: "accuracy" or "R2".
    mlp : PrunableMLPClassifier or PrunableMLPRegressor
        The whole network.
    ablation : NeuronAblation
        Effects of removing each neuron, on validation samples.
    test_importances : ndarray of shape (n_neurons,)
        Importances of the same neurons on test samples; nothing is chosen by them.
    baseline_score : float
        Of the whole network on test samples.
    removals : dict of str to RemovalResult
        "one_shot" (all rotten neurons at once), "greedy"; if labels are wrong, "automatic"
        (``RottenNeuronPruner(threshold="auto")``, which may remove nothing); and, if one of
        ``repairs`` is chosen, "repaired".
    controls : dict of str to ControlResult
        Networks made in other ways, if labels are wrong: "early_stopping", "refit_outputs" (the
        whole network with its output layer fitted to the validation samples), "alpha", "dropout"
        and "small_from_scratch", of the size of the automatic choice. Empty if none are.
    path : Bunch
        The greedy path down to one neuron a layer: ``layer``, ``index`` in order of removal;
        ``n_neurons``, ``validation_score``, ``test_score`` (one longer).
    repairs : list of RepairedNetwork
        Networks that lost most of their neurons, repaired without labels; empty if none are.
    pruned : dict of str to PrunedNetwork
        The networks of ``removals`` themselves.

    See Also
    --------
    run_study : Makes it.
    Study : All networks of a study.
    """

    hidden: tuple[int, ...]
    seed: int
    score_name: str
    mlp: Any
    ablation: NeuronAblation
    test_importances: FloatArray
    baseline_score: float
    removals: dict[str, RemovalResult]
    controls: dict[str, ControlResult]
    path: Bunch
    repairs: list[RepairedNetwork] = field(default_factory=list)
    pruned: dict[str, PrunedNetwork] = field(default_factory=dict)


def study_network(
    data: StudyData,
    split: DataSplit,
    sizes: tuple[int, ...],
    seed: int,
    *,
    max_iter: int,
    label_noise: float,
    refit: str | None,
    progress: ProgressReporter,
) -> NetworkStudy:
    """Study a network with hidden layers of these ``sizes``; see `run_study`."""
    work = work_estimate(data, split, sizes, max_iter, label_noise > 0, refit)
    train, validation = labelled_samples(data, split, label_noise, seed)
    with training_in_full():
        mlp = watched_fit(
            data.network(sizes, max_iter=max_iter, random_state=seed),
            *train,
            progress.pieces(work.epoch, f"training {sizes}"),
        )
    held_out = HeldOutEvaluation(mlp, data.X_test, data.y_test)
    repairs: list[RepairedNetwork] = []
    repaired = None
    if refit is not None:
        repairs, repaired = repaired_networks(
            mlp, train[0], validation, held_out, refit,
            groups=None if data.groups_train is None else data.groups_train[split.train],
            seed=seed, on_step=progress.pieces(work.repair, f"repairing {sizes}"),
        )  # fmt: skip
    if not label_noise:  # Nothing else is trained on these samples, which may be many.
        del train

    phase = f"pruning {sizes}"
    one_shot, greedy = _pruning_paths(mlp, validation, progress.pieces(work.step, phase))
    # The greedy strategy by itself removes the same neurons in the same order, but stops where
    # none is rotten.
    n_greedy = greedy.n_removed_below(0.0)
    pruned = {
        "one_shot": _after_removals(one_shot, len(one_shot.order)),
        "greedy": _after_removals(greedy, n_greedy),
    }
    controls = {}
    if label_noise:
        pruned["automatic"] = automatic_choice(mlp, validation, seed)
        progress.advance(work.automatic, phase)
        task = ControlTask(
            mlp,
            train,
            validation,
            pruned["automatic"].network.hidden_layer_sizes,
            progress.pieces(work.epoch, f"training {sizes} otherwise"),
        )
        controls = _control_results(task, held_out)
    evaluating = f"evaluating {sizes}"
    path = _evaluated_path(greedy, held_out, progress.pieces(work.network_on_path, evaluating))
    if repaired is not None:
        pruned["repaired"] = repaired
    removals = {}
    rng = np.random.default_rng(seed)
    for name, one in pruned.items():
        removals[name] = held_out.removal_result(one, rng)
        if one.n_draws:  # What has none takes no time.
            progress.advance(work.removal, evaluating)
    return NetworkStudy(
        hidden=sizes,
        seed=seed,
        score_name=data.score_name,
        mlp=mlp,
        ablation=greedy.ablation,
        test_importances=neuron_ablation(mlp, held_out.X, held_out.y).importances,
        baseline_score=float(path.test_score[0]),
        removals=removals,
        controls=controls,
        path=path,
        repairs=repairs,
        pruned=pruned,
    )


def _pruning_paths(
    mlp: Any, validation: LabelledSamples, on_step: Callable[[], None]
) -> tuple[NeuronPruningPath, NeuronPruningPath]:
    """All rotten neurons at once, and the greedy path down to one neuron a layer."""
    problem = AblationProblem.of(mlp, *validation)
    one_shot = pruning_path(problem, "one_shot", lambda importances: 0.0)
    greedy = pruning_path(problem, "greedy", lambda importances: np.inf, on_step=on_step)
    return one_shot, greedy


def _after_removals(path: NeuronPruningPath, n_removed: int) -> PrunedNetwork:
    """The network on a path that has lost so many neurons."""
    full = Network.from_mlp(path.estimator)
    masks = split_by_layer(support_after(path, n_removed), full.hidden_layer_sizes)
    return PrunedNetwork(masks, remove_neurons(full, masks, "zero"), path.scores[n_removed])


def _evaluated_path(
    path: NeuronPruningPath, held_out: HeldOutEvaluation, on_network: Callable[[], None]
) -> Bunch:
    """What is told of the greedy path, with test scores."""
    scores = []
    for n_removed in range(len(path.order) + 1):
        scores.append(held_out.score(_after_removals(path, n_removed).network))
        on_network()
    return Bunch(
        layer=path.layer,
        index=path.index,
        n_neurons=path.n_neurons,
        validation_score=path.scores,
        test_score=np.array(scores),
    )


def _control_results(task: ControlTask, held_out: HeldOutEvaluation) -> dict[str, ControlResult]:
    with training_in_full():
        chosen = {name: control(task) for name, control in CONTROLS.items()}
    return {
        name: held_out.control_result(network, choice, network.score(*task.validation))
        for name, (network, choice) in chosen.items()
    }
