"""The study of one network: train it, ablate and prune it, evaluate it on test images."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.utils import Bunch

from skneuron.inspection._ablation import NeuronAblation, neuron_ablation
from skneuron.inspection._pruning_path import NeuronPruningPath, pruning_path, support_after
from skneuron.inspection._scoring import AblationProblem
from skneuron.neural_network import PrunableMLPClassifier
from skneuron.study._automatic_choice import automatic_choice
from skneuron.study._control_methods import CONTROLS, ControlTask
from skneuron.study._data_split import DataSplit, LabelledImages, labelled_images
from skneuron.study._held_out_evaluation import (
    ControlResult,
    HeldOutEvaluation,
    PrunedNetwork,
    RemovalResult,
)
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
        Of its training, of the split of the images, and of the wrong labels.
    mlp : PrunableMLPClassifier
        The whole network.
    ablation : NeuronAblation
        Effects of removing each neuron, on validation images.
    test_importances : ndarray of shape (n_neurons,)
        Importances of the same neurons on test images; nothing is chosen by them.
    baseline_accuracy : float
        Of the whole network on test images.
    removals : dict of str to RemovalResult
        "one_shot" (all rotten neurons at once), "greedy" and, if labels are wrong, "automatic"
        (``RottenNeuronPruner(threshold="auto")``, which may remove nothing).
    controls : dict of str to ControlResult
        Networks made in other ways, if labels are wrong: "early_stopping", "refit_outputs" (the
        whole network with its output layer fitted to the validation images), "alpha", "dropout"
        and "small_from_scratch", of the size of the automatic choice. Empty if none are.
    path : Bunch
        The greedy path down to one neuron a layer: ``layer``, ``index`` in order of removal;
        ``n_neurons``, ``validation_accuracy``, ``test_accuracy`` (one longer).
    """

    hidden: tuple[int, ...]
    seed: int
    mlp: PrunableMLPClassifier
    ablation: NeuronAblation
    test_importances: FloatArray
    baseline_accuracy: float
    removals: dict[str, RemovalResult]
    controls: dict[str, ControlResult]
    path: Bunch


def study_network(
    images: Bunch,
    split: DataSplit,
    sizes: tuple[int, ...],
    seed: int,
    *,
    max_iter: int,
    label_noise: float,
    progress: ProgressReporter,
) -> NetworkStudy:
    """Study a network with hidden layers of these ``sizes``; see `run_study`."""
    work = work_estimate(images, split, sizes, max_iter, label_noise > 0)
    train, validation = labelled_images(images, split, label_noise, seed)
    with training_in_full():
        mlp = watched_fit(
            PrunableMLPClassifier(sizes, max_iter=max_iter, random_state=seed),
            *train,
            progress.pieces(work.epoch, f"training {sizes}"),
        )
    if not label_noise:  # Nothing else is trained on these images, which are large.
        del train
    held_out = HeldOutEvaluation(mlp, images.X_test, images.y_test)

    phase = f"pruning {sizes}"
    one_shot, greedy = _pruning_paths(mlp, validation, progress.pieces(work.step, phase))
    # The greedy strategy by itself removes the same neurons in the same order, but stops where
    # none is rotten.
    n_greedy = greedy.n_removed_below(0.0)
    pruned = {
        "one_shot": _after_removals(one_shot, len(one_shot.order)),
        "greedy": _after_removals(greedy, n_greedy),
    }
    path = _evaluated_path(greedy, held_out)
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
    rng = np.random.default_rng(seed)
    return NetworkStudy(
        hidden=sizes,
        seed=seed,
        mlp=mlp,
        ablation=greedy.ablation,
        test_importances=neuron_ablation(mlp, held_out.X, held_out.y).importances,
        baseline_accuracy=float(path.test_accuracy[0]),
        removals={name: held_out.removal_result(one, rng) for name, one in pruned.items()},
        controls=controls,
        path=path,
    )


def _pruning_paths(
    mlp: PrunableMLPClassifier, validation: LabelledImages, on_step: Callable[[], None]
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


def _evaluated_path(path: NeuronPruningPath, held_out: HeldOutEvaluation) -> Bunch:
    """What is told of the greedy path, with test accuracies."""
    networks = (_after_removals(path, n).network for n in range(len(path.order) + 1))
    return Bunch(
        layer=path.layer,
        index=path.index,
        n_neurons=path.n_neurons,
        validation_accuracy=path.scores,
        test_accuracy=np.array([held_out.accuracy(network) for network in networks]),
    )


def _control_results(task: ControlTask, held_out: HeldOutEvaluation) -> dict[str, ControlResult]:
    with training_in_full():
        chosen = {name: control(task) for name, control in CONTROLS.items()}
    return {
        name: held_out.control_result(network, choice, network.score(*task.validation))
        for name, (network, choice) in chosen.items()
    }
