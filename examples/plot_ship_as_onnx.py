"""
Prune a plain MLPClassifier and ship it as ONNX
===============================================

The network that you already have, trained by scikit-learn in a Pipeline, made small, handed over
without anything of this package, and run by an ONNX runtime: the same probabilities, a fraction
of the bytes.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skneuron import neuron_pruning_path, to_sklearn

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
whole = make_pipeline(
    MinMaxScaler(), MLPClassifier((200, 100), learning_rate_init=0.005, random_state=0)
)
whole = whole.fit(X_train, y_train)

# %%
# The path takes the Pipeline as it is. "obs" with ``replacement="linear"`` lets the neurons that
# stay take over from those that go, and ``refit="span"`` repairs what that cannot; neither trains
# on labels. One neuron in five stays.
path = neuron_pruning_path(
    whole,
    X_train,
    y_train,
    strategy="obs",
    replacement="linear",
    X_ref=X_train,
    n_neurons_to_select=[40, 20],
    step=0.2,
)
pruned = path.prune_to([40, 20], refit="span")

# %%
# ``to_sklearn`` makes sure that nothing of this package is in what is shipped. Here the Pipeline
# was scikit-learn's all the time; of a pruner, it would be needed.
shipped = to_sklearn(pruned)
print(shipped)

# %%
# skl2onnx makes the graph, for samples of float32. ``zipmap=False`` gives probabilities as an
# array instead of dicts.
samples = X_test.astype(np.float32)


def as_onnx(model):
    graph = to_onnx(model, samples[:1], options={"zipmap": False})
    return graph.SerializeToString()


files = {"whole": as_onnx(whole), "pruned": as_onnx(shipped)}
sessions = {
    name: onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for name, file in files.items()
}

# %%
# The probabilities agree to what float32 can hold: the graph rounds the weights to it.
_, probabilities = sessions["pruned"].run(None, {"X": samples})
difference = np.abs(probabilities - shipped.predict_proba(X_test)).max()
print(f"largest difference of a probability: {difference:.1e}")
assert difference < 1e-4

# %%
# Bytes, scores and times. Many samples are predicted at once here. For a single one, most of the
# time is the call itself, and pruning saves bytes but hardly any time.


def milliseconds(predict, repeats=50):
    predict()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        predict()
        times.append(time.perf_counter() - start)
    return 1000 * np.median(times)


many = np.tile(samples, (10, 1))
rows = {}
for name, model in (("whole", whole), ("pruned", shipped)):
    session = sessions[name]
    labels, _ = session.run(None, {"X": samples})
    rows[name] = (
        len(files[name]),
        np.mean(labels == y_test),
        milliseconds(lambda model=model: model.predict_proba(many)),
        milliseconds(lambda session=session: session.run(None, {"X": many})),
    )
print(f"\n{'':8}{'bytes':>9}{'test accuracy':>15}{'scikit-learn':>14}{'ONNX':>8}")
for name, (n_bytes, accuracy, plain, onnx) in rows.items():
    print(f"{name:8}{n_bytes:9,}{accuracy:15.3f}{plain:11.2f} ms{onnx:5.2f} ms")
print(f"times: median for {len(many):,} samples")

# %%
# The same as bars.
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
panels = ("ONNX file (kB)", "test accuracy", "time (ms)")
names = list(rows)
axes[0].bar(names, [rows[name][0] / 1000 for name in names], color=["0.65", "C0"])
axes[1].bar(names, [rows[name][1] for name in names], color=["0.65", "C0"])
axes[2].bar(np.arange(2) - 0.2, [rows[name][2] for name in names], 0.38, label="scikit-learn")
axes[2].bar(np.arange(2) + 0.2, [rows[name][3] for name in names], 0.38, label="ONNX")
axes[2].set_xticks(range(2), names)
axes[2].legend()
for ax, title in zip(axes, panels, strict=True):
    ax.set_title(title)
    for bars in ax.containers:
        ax.bar_label(bars, fmt="%.3g", size=9)
    ax.margins(y=0.15)
axes[1].set_ylim(0, 1.15)
plt.show()
