"""The estimators that train: scikit-learn's multilayer perceptrons on kernels of our own.

- `_mlp`: `PrunableMLPClassifier`, `PrunableMLPRegressor`
- `_prunable`: what they can do beyond scikit-learn's: show, remove and hand over neurons
- `_training`: scikit-learn's `fit`, `partial_fit` and `warm_start`, with our trainer inside
- `_epochs`: the epochs of "adam" and "sgd": shuffling, early stopping, learning rates
- `_validation`: samples that are not trained on, looked at after every epoch
- `_trainer`: `Trainer`, an estimator's arrays in the form that the training kernels take
"""

from skneuron.neural_network._mlp import PrunableMLPClassifier, PrunableMLPRegressor

__all__ = [
    "PrunableMLPClassifier",
    "PrunableMLPRegressor",
]
