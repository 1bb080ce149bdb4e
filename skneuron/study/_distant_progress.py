"""Progress of networks that other processes study: they write how far they are, and it is read.

A worker on another machine has no such folder, and tells nothing before its network is done.
"""

import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from skneuron.utils import ProgressReporter

SECONDS = 0.5
# The phase of a task whose result may have to wait for those of others.
ENDED = ""


def reporter_into(folder: str, number: int) -> ProgressReporter:
    """Of a worker: writes how much of its task is done, and its phase, from time to time."""
    if not os.path.isdir(folder):
        return ProgressReporter()
    target, new = Path(folder, str(number)), Path(folder, f"{number}.new")
    done = last = 0.0

    def write(done: float, phase: str) -> None:
        # Not worth an error: the folder is gone, full, or read at this very moment on Windows.
        with suppress(OSError):
            new.write_text(f"{done!r}\n{phase}", encoding="utf-8")
            new.replace(target)

    def advance(work: float, phase: str) -> None:
        nonlocal done, last
        done += work
        if time.monotonic() - last >= SECONDS or not work:
            last = time.monotonic()
            write(done, phase)

    return ProgressReporter(advance=advance, close=lambda: write(math.inf, ENDED))


class DistantProgress:
    """Tells of the work of several tasks, in one place, each piece of it once.

    Parameters
    ----------
    folder : str
        Where workers write.
    work : sequence of float
        All the work of each task.
    progress : ProgressReporter
        Is told; also that work starts, and once more when the first worker has begun: processes
        take their time, which is no part of the pace.
    """

    def __init__(self, folder: str, work: Sequence[float], progress: ProgressReporter):
        self._folder = folder
        self._work = work
        self._progress = progress
        self._told = [0.0] * len(work)
        self._phases: dict[int, str] = {}
        self._over: set[int] = set()
        self._said = "starting"
        self._has_begun = False
        self._lock = threading.Lock()
        self.error: BaseException | None = None
        progress.start(sum(work))

    def look(self) -> None:
        """Tell what workers have written since."""
        with self._lock:
            found = {number: self._read(number) for number in range(len(self._work))}
            for number, (_, phase) in found.items():
                self._set_phase(number, phase)
            if not self._has_begun:
                self._begin()
                return
            for number, (done, _) in found.items():
                self._tell(number, done)

    def _set_phase(self, number: int, phase: str | None) -> None:
        if phase == ENDED:
            self._phases.pop(number, None)
        elif phase is not None:
            self._phases[number] = phase

    def _begin(self) -> None:
        """What has been done until now is told next time, when some time has passed."""
        if self._phases:
            self._has_begun = True
            self._progress.start(sum(self._work))
            self._said = self._phase()
            self._progress.advance(0.0, self._said)

    def ended(self, number: int, name: str) -> None:
        """Tell that a task is done; its name is said where no worker tells of phases."""
        if self.error is not None:
            raise self.error
        with self._lock:
            self._has_begun = True
            self._over.add(number)
            self._tell(number, self._work[number], name)
            self._set_phase(number, ENDED)

    def _read(self, number: int) -> tuple[float, str | None]:
        """What a worker has written last; nothing of what is known to be over."""
        if number in self._over:
            return 0.0, None
        with suppress(OSError, ValueError):
            done, _, phase = Path(self._folder, str(number)).read_text("utf-8").partition("\n")
            return float(done), phase
        return 0.0, None

    def _tell(self, number: int, done: float, name: str = "") -> None:
        # Estimates may be too low, and the bar is full when all tasks are done.
        new = min(done, self._work[number]) - self._told[number]
        if new <= 0:
            return
        self._told[number] += new
        self._said = self._phase() or name or self._said
        self._progress.advance(new, self._said)

    def _phase(self) -> str:
        """What is going on; no longer than what a terminal has room for."""
        if len(self._phases) < 2:
            return "".join(self._phases.values())
        kinds = {phase.partition(" ")[0] for phase in self._phases.values()}
        return f"{len(self._phases)} networks at once: {', '.join(sorted(kinds))}"


@contextmanager
def distant_progress(
    work: Sequence[float], progress: ProgressReporter
) -> Iterator[tuple[str, DistantProgress]]:
    """A folder for `reporter_into`, at which a thread looks until the context ends."""
    folder = tempfile.mkdtemp(prefix="skneuron-")
    watched = DistantProgress(folder, work, progress)
    is_over = threading.Event()

    def watch() -> None:
        try:
            while not is_over.wait(SECONDS):
                watched.look()
        except BaseException as error:  # noqa: BLE001 (for the thread that can do something)
            watched.error = error

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield folder, watched
    finally:
        is_over.set()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)
