"""What every room needs and no room owns.

- `_sklearn`: all that is taken from scikit-learn's private parts
- `_threads`, `_blas_threads`: how many threads kernels and BLAS use
- `_jobs`, `_shared`: joblib's workers, and what they are sent
- `_interrupt`: Ctrl-C during scikit-learn's training, which would swallow it
- `_callbacks`, `_progress`: telling others how far a computation is
- `_targets`, `_class_weight`: true targets and weights, checked and encoded
- `_checks`: numbers, weights, random states; `_typing`: types of what users pass and get
- `_object_graph`: what an object holds, and copies of it
- `_saved_state`: what is saved of fitted objects, and whether this version can read it
- `_frames`: tables for pandas, which may be missing
- `_properties`: what an object computes when it is first asked for it
"""

from skneuron.utils._blas_threads import blas_threads_for, single_blas_thread
from skneuron.utils._callbacks import FitStages, FitTasks, Stage, refuse_auto_propagated, unnoticed
from skneuron.utils._checks import (
    check_lengths,
    checked_flag,
    checked_int,
    checked_random_state,
    checked_sample_weight,
    checked_text,
    is_int,
    is_real,
    naming,
)
from skneuron.utils._class_weight import class_sample_weight
from skneuron.utils._frames import data_frame
from skneuron.utils._interrupt import (
    interruptible,
    interrupts_end_training,
    training_in_full,
    watched_fit,
)
from skneuron.utils._jobs import has_processes, spread
from skneuron.utils._object_graph import copied_to_memory, parts_of
from skneuron.utils._progress import ProgressReporter, progress_bar
from skneuron.utils._properties import lazy_property
from skneuron.utils._saved_state import SavedStateMixin, marked_state, unmarked_state
from skneuron.utils._shared import Shared
from skneuron.utils._sklearn import (
    BaseScorer,
    CallbackSupportMixin,
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names_in,
    check_sample_weight,
    copy_parameters,
    fit_context,
    fitted_sizes_in_effect,
    forget_progress,
    get_feature_names,
    is_own_attribute,
    label_binarizer,
    n_epochs_without_improvement,
    note_improvement,
    num_samples,
    optimizer_moments,
    optimizer_solver,
    params_of_rows,
    random_state_in_use,
    replace_parameters,
    restart_improvement_count,
    restore_best_parameters,
    safe_indexing,
    scorer_parts,
    scorers_by_name,
    slice_optimizer_state,
    start_optimizer,
    trained_classes,
    with_callbacks,
)
from skneuron.utils._targets import (
    check_numeric,
    check_values,
    checked_scoring_input,
    checked_target,
    class_codes,
    dense_labels,
    is_multilabel,
    label_codes,
    output_targets,
)
from skneuron.utils._threads import PacedRuns, in_series, run_kernel
from skneuron.utils._typing import (
    ArrayLike,
    BoolArray,
    Bunch,
    Criterion,
    Estimator,
    FloatArray,
    IntArray,
    Layers,
    MatrixLike,
    NDArray,
    Neurons,
    RandomState,
    Scoring,
    SeveralScorings,
)

__all__ = [
    "ArrayLike",
    "BaseScorer",
    "BoolArray",
    "Bunch",
    "CallbackSupportMixin",
    "Criterion",
    "Estimator",
    "FitStages",
    "FitTasks",
    "FloatArray",
    "HasMethods",
    "IntArray",
    "Interval",
    "Layers",
    "MatrixLike",
    "NDArray",
    "Neurons",
    "PacedRuns",
    "ProgressReporter",
    "RandomState",
    "RealNotInt",
    "SavedStateMixin",
    "Scoring",
    "SeveralScorings",
    "Shared",
    "Stage",
    "StrOptions",
    "blas_threads_for",
    "check_feature_names_in",
    "check_lengths",
    "check_numeric",
    "check_sample_weight",
    "check_values",
    "checked_flag",
    "checked_int",
    "checked_random_state",
    "checked_sample_weight",
    "checked_scoring_input",
    "checked_target",
    "checked_text",
    "class_codes",
    "class_sample_weight",
    "copied_to_memory",
    "copy_parameters",
    "data_frame",
    "dense_labels",
    "fit_context",
    "fitted_sizes_in_effect",
    "forget_progress",
    "get_feature_names",
    "has_processes",
    "in_series",
    "interruptible",
    "interrupts_end_training",
    "is_int",
    "is_multilabel",
    "is_own_attribute",
    "is_real",
    "label_binarizer",
    "label_codes",
    "lazy_property",
    "marked_state",
    "n_epochs_without_improvement",
    "naming",
    "note_improvement",
    "num_samples",
    "optimizer_moments",
    "optimizer_solver",
    "output_targets",
    "params_of_rows",
    "parts_of",
    "progress_bar",
    "random_state_in_use",
    "refuse_auto_propagated",
    "replace_parameters",
    "restart_improvement_count",
    "restore_best_parameters",
    "run_kernel",
    "safe_indexing",
    "scorer_parts",
    "scorers_by_name",
    "single_blas_thread",
    "slice_optimizer_state",
    "spread",
    "start_optimizer",
    "trained_classes",
    "training_in_full",
    "unmarked_state",
    "unnoticed",
    "watched_fit",
    "with_callbacks",
]
