"""What every room needs and no room owns.

- `_sklearn`: all that is taken from scikit-learn's private parts
- `_threads`: how many threads kernels and BLAS use; `_jobs`: joblib's workers
- `_interrupt`: Ctrl-C during scikit-learn's training, which would swallow it
- `_callbacks`, `_progress`: telling others how far a computation is
- `_targets`, `_class_weight`: true targets and weights, checked and encoded
- `_checks`: single numbers; `_typing`: types of what users pass and get
- `_frames`: tables for pandas, which may be missing
"""

from skneuron.utils._callbacks import FitStages, FitTasks, Stage, refuse_auto_propagated, unnoticed
from skneuron.utils._checks import checked_int, is_int, is_real
from skneuron.utils._class_weight import class_sample_weight
from skneuron.utils._frames import data_frame
from skneuron.utils._interrupt import interruptible, training_in_full, watched_fit
from skneuron.utils._jobs import spread
from skneuron.utils._progress import progress_bar
from skneuron.utils._sklearn import (
    BaseScorer,
    CallbackSupportMixin,
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names_in,
    check_sample_weight,
    fit_context,
    fitted_sizes_in_effect,
    forget_progress,
    is_own_attribute,
    make_optimizer,
    num_samples,
    optimizer_fits,
    optimizer_moments,
    optimizer_solver,
    params_of_rows,
    replace_parameters,
    safe_indexing,
    scorer_parts,
    scorers_by_name,
    slice_optimizer_state,
    with_callbacks,
)
from skneuron.utils._targets import (
    checked_target,
    class_codes,
    is_multilabel,
    label_codes,
    output_targets,
)
from skneuron.utils._threads import PacedRuns, run_kernel, single_blas_thread

__all__ = [
    "BaseScorer",
    "CallbackSupportMixin",
    "FitStages",
    "FitTasks",
    "HasMethods",
    "Interval",
    "PacedRuns",
    "RealNotInt",
    "Stage",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "checked_int",
    "checked_target",
    "class_codes",
    "class_sample_weight",
    "data_frame",
    "fit_context",
    "fitted_sizes_in_effect",
    "forget_progress",
    "interruptible",
    "is_int",
    "is_multilabel",
    "is_own_attribute",
    "is_real",
    "label_codes",
    "make_optimizer",
    "num_samples",
    "optimizer_fits",
    "optimizer_moments",
    "optimizer_solver",
    "output_targets",
    "params_of_rows",
    "progress_bar",
    "refuse_auto_propagated",
    "replace_parameters",
    "run_kernel",
    "safe_indexing",
    "scorer_parts",
    "scorers_by_name",
    "single_blas_thread",
    "slice_optimizer_state",
    "spread",
    "training_in_full",
    "unnoticed",
    "watched_fit",
    "with_callbacks",
]
