"""What people search for -> pages that answer: entries of the site's index and of its search.

Sphinx's search looks for words that stand in the text. These are words of people who do not know
yet what it is called here.
"""

PAGES = {
    "ablation": ("ablation", "importance", "neuron importance"),
    "any_network": ("prune", "MLPClassifier", "MLPRegressor"),
    "clusters": ("n_jobs", "parallel", "dask", "ray"),
    "coming_from": ("feature importance", "permutation importance", "RFE", "Captum", "SHAP"),
    "containers": ("Docker",),
    "gains": ("overfitting", "selection bias"),
    "interaction": ("interaction", "redundancy", "greedy"),
    "own_data": ("missing values", "CSV", "privacy", "personal data", "report"),
    "persistence": ("ONNX", "save", "load", "pickle", "joblib", "skops"),
    "repair": ("repair", "fine-tuning", "compression"),
    "replacement": ("replacement", "mean ablation", "zero ablation"),
    "sparse_and_text": ("sparse", "text", "TfidfVectorizer"),
    "speed": ("slow first call", "slow", "speed", "compilation", "memory", "threads"),
    "thresholds": ("prune", "GridSearchCV", "threshold", "how many neurons"),
    "tour": ("prune", "ColumnTransformer", "CSV", "getting started", "TransformedTargetRegressor"),
    "training": ("class_weight", "imbalanced classes", "dropout", "early stopping", "Ctrl-C"),
    "verdicts": ("p-values", "significance", "false discovery rate"),
    "wrong_labels": ("wrong labels", "noisy labels", "label noise"),
}


def with_entries(text: str, page: str) -> str:
    """A page's text with what it is found by, after its title."""
    title, end, rest = text.partition("\n")
    if page not in PAGES:
        return text
    entries = "".join(f"   ! single: {words}\n" for words in PAGES[page])
    return f"{title}{end}\n```{{eval-rst}}\n.. index::\n{entries}```\n{rest}"
