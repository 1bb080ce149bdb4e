"""The names that users may import, by module."""

INSPECTION = [
    "NeuronAblation",
    "NeuronPruningPath",
    "NeuronShapley",
    "PairwiseAblation",
    "criterion_rank_correlation",
    "neuron_ablation",
    "neuron_criterion",
    "neuron_pruning_path",
    "neuron_shapley",
    "pairwise_ablation",
]
# Other rooms have doors for each other only, whatever their names.
PUBLIC_MODULES = {
    "skneuron": [
        *INSPECTION,
        "PrunableMLPClassifier",
        "PrunableMLPRegressor",
        "RottenNeuronPruner",
        "RottenNeuronPrunerCV",
        "prune_neurons",
        "refit_outputs",
        "refit_pruned",
        "remove_redundant_neurons",
        "show_versions",
        "to_sklearn",
        "warmup",
        "write_report",
    ],
    "skneuron.inspection": INSPECTION,
    "skneuron.plotting": [
        "CVResultsDisplay",
        "NeuronAblationDisplay",
        "PairwiseAblationDisplay",
        "PruningPathDisplay",
        "ReceptiveFieldDisplay",
        "ShapleyDisplay",
        "VerdictDisplay",
    ],
    "skneuron.datasets": ["DATASET_NAMES", "DataUnavailableError", "load_images"],
    "skneuron.persistence": ["TRUSTED_TYPES"],
    "skneuron.metrics": [
        "agreement_scorer",
        "expected_accuracy_score",
        "expected_accuracy_scorer",
        "fidelity_score",
        "fidelity_scorer",
    ],
    "skneuron.study": [
        "DEFAULT_HIDDEN",
        "InvalidStudyError",
        "NetworkStudy",
        "Study",
        "run_study",
    ],
    "skneuron.report": ["MissingExtraError", "report_html", "write_report"],
}
