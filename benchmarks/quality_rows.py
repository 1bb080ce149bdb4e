"""The rows of `bench_quality.py` for one data set and seed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from joblib import Memory
from quality_cases import Case, Problem, Split, problem_of, trained
from quality_methods import (
    AS_LONG_AS,
    FINE_TUNING,
    METHODS,
    REPAIRS,
    SCRATCH,
    WITH_MORE,
    Pruned,
    cpu_timed,
    fine_tuned,
    n_parameters,
)

Row = dict[str, Any]
# What tells one row from all others.
KEY = ("data", "seed", "method", "refit", "share")


def key_of(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


# Joblib keeps what these two return, by all arguments but those that follow from the others.
def _trained(case: Case, hidden: tuple[int, ...], seed: int, split: Split) -> tuple[Any, float]:
    return cpu_timed(lambda: trained(case, hidden, split, seed))


def _chosen(
    case: Case, seed: int, name: str, path: Sequence[tuple[int, ...]], problem: Problem
) -> tuple[Pruned, float]:
    return cpu_timed(lambda: METHODS[name].choose(problem, path[-1]))


class Seed:
    """The networks of a data set and seed, and what methods make of them.

    Parameters
    ----------
    data : str
    case : Case
    split : Split
    seed : int
    memory : Memory
        Where networks and choices are kept for another run; they are made again only if the case
        or the code of this module changes.
    """

    def __init__(self, data: str, case: Case, split: Split, seed: int, memory: Memory):
        self.data, self.case, self.split, self.seed = data, case, split, seed
        self._train: Callable[..., Any] = memory.cache(_trained, ignore=["split"])
        self._choose: Callable[..., Any] = memory.cache(_chosen, ignore=["problem"])
        mlp, self.cpu_seconds = self._train(case, case.hidden, seed, split)
        self._problem = problem_of(mlp, split, seed)
        self.base = self._score(mlp)

    def rows(
        self, method: str, wanted: Mapping[float, Sequence[str]], known: Iterable[Row]
    ) -> list[Row]:
        """Those of one method: ``wanted`` names the repairs for every share.

        ``known`` are rows of before, for the time that fine-tuning gets.
        """
        if method == SCRATCH:
            return [self._from_scratch(share) for share in wanted]
        if METHODS[method].classifiers_only and not self._problem.is_classification:
            return []
        cpu_seconds = {key_of(row): row["cpu_refit"] for row in known}
        rows: list[Row] = []
        for share, (pruned, seconds) in self._choices(method, wanted).items():
            for refit in wanted[share]:
                if refit in WITH_MORE and not self._problem.has_more:
                    continue
                network, used = self._repaired(method, share, pruned, refit, cpu_seconds)
                row = self._row(method, refit, share, network, seconds, used)
                cpu_seconds[key_of(row)] = used
                rows.append(row)
        return rows

    def _choices(self, name: str, shares: Iterable[float]) -> dict[float, tuple[Pruned, float]]:
        """The network of every share, and the CPU seconds from the whole one to it."""
        result = {}
        problem, seconds = self._problem, 0.0
        path: list[tuple[int, ...]] = []
        for share in sorted(self.case.shares):
            if share > max(shares) or (share not in shares and not METHODS[name].chained):
                continue
            path.append(self.case.sizes(share))
            pruned, used = self._choose(self.case, self.seed, name, path, problem)
            result[share] = pruned, seconds + used
            if METHODS[name].chained:  # What is left is where the next one begins.
                problem, seconds = replace(problem, mlp=pruned.network), seconds + used
            else:
                path.clear()
        return {share: choice for share, choice in result.items() if share in shares}

    def _repaired(
        self,
        method: str,
        share: float,
        pruned: Pruned,
        refit: str,
        cpu_seconds: Mapping[tuple[Any, ...], float],
    ) -> tuple[Any, float]:
        if refit != FINE_TUNING:
            return cpu_timed(lambda: REPAIRS[refit](self._problem, pruned))
        allowed = cpu_seconds.get((self.data, self.seed, method, AS_LONG_AS, share))
        if allowed is None:
            _, allowed = self._repaired(method, share, pruned, AS_LONG_AS, cpu_seconds)
        return cpu_timed(lambda: fine_tuned(pruned, self.split, allowed, self.seed))

    def _from_scratch(self, share: float) -> Row:
        small, seconds = self._train(self.case, self.case.sizes(share), self.seed, self.split)
        return self._row(SCRATCH, "none", share, small, 0.0, seconds)

    def _score(self, network: Any) -> float:
        """Percent right on the test part, or hundredths of R2."""
        return 100 * float(network.score(self.split.X_test, self.split.y_test))

    def _row(
        self,
        method: str,
        refit: str,
        share: float,
        network: Any,
        cpu_select: float,
        cpu_refit: float,
    ) -> Row:
        score = self._score(network)
        return {
            "data": self.data, "seed": self.seed, "method": method, "refit": refit, "share": share,
            "score": score, "lost": self.base - score, "cpu_select": cpu_select,
            "cpu_refit": cpu_refit, "n_parameters": n_parameters(network),
        }  # fmt: skip
