"""Running calls concurrently, in varying order."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final

import requests

Call = Callable[[], requests.Response]
#: How often each pair is run: a few times in the suite; ``RACE_ROUNDS=50`` looks longer.
ROUNDS: Final = int(os.environ.get("RACE_ROUNDS", "2"))
#: Seconds by which the second call is later than the first, in turn.
LAGS: Final = (0.0, 0.004, 0.008, 0.012, 0.002)
FINE: Final = frozenset({200, 201, 204, 400, 403, 404})
_lags = itertools.cycle(LAGS)


def at_once(*calls: Call) -> list[requests.Response]:
    """Make the calls in the same moment, the later ones a little later; their answers.

    None of them may be a failure of the server, or one that a client had to retry.
    """
    gate, lag = Barrier(len(calls)), next(_lags)

    def run(numbered: tuple[int, Call]) -> requests.Response:
        number, call = numbered
        gate.wait()
        time.sleep(lag * number)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(run, enumerate(calls)))
    for answer in answers:
        assert answer.status_code in FINE, (answer.request.url, answer.status_code, answer.text)
    return answers
