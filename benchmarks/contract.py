"""schemathesis on the OpenAPI document: no 5xx, no answer that it does not document.

    python -m benchmarks.contract --cases 500     (half an hour)

Every call, on the colour index of the tests: all boundary values of all parameters, then as many
drawn cases that fit the document, and as many that do not; then the links from call to call. All
checks of schemathesis are on, and what fits the document may only be refused for a reason that it
cannot state (tests/contract.py). Writes benchmarks/results/contract.json.
"""

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemathesis import GenerationMode
from schemathesis.core.control import SkipTest
from schemathesis.core.failures import FailureGroup
from tqdm import tqdm

from benchmarks.machine import save
from tests import contract


class Answers:
    """Statuses of the answers by call, and what was wrong with them."""

    def __init__(self) -> None:
        self.statuses: dict[str, Counter[str]] = {}
        self.failures: list[str] = []

    def count(self, case: Any, response: Any) -> None:
        """Counts an answer."""
        kind = case.meta.generation.mode.value if case.meta else "linked"
        counted = self.statuses.setdefault(case.operation.label, Counter())
        counted[f"{kind} {response.status_code}"] += 1

    def of(self, trial: Callable[[], None]) -> None:
        """Runs a trial and keeps what it found."""
        try:
            trial()
        except SkipTest:  # no request can break a rule of this call
            return
        except FailureGroup as group:
            self.failures += [f"{failure.operation}: {failure}" for failure in group.exceptions]


def main() -> int:
    """Tries every call, prints the statuses, and returns how much was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=500, help="of each call and kind, drawn")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of swaps to made-up folders, which fail as they should
    answers = Answers()
    with tempfile.TemporaryDirectory() as folder, contract.serving(Path(folder)) as app:
        for mode in GenerationMode:
            schema = contract.schema_of(app, mode)
            schema.hook("after_call")(lambda ctx, case, response: answers.count(case, response))
            for operation in tqdm(contract.operations(schema), mode.value, disable=None):
                contract.refill(app)
                answers.of(lambda o=operation, m=mode: contract.try_boundaries(app, o, m))
                contract.refill(app)
                answers.of(lambda o=operation, m=mode: contract.fuzz(o, m, arguments.cases))
            if mode.is_positive:
                answers.of(lambda s=schema: contract.try_links(s, arguments.cases))
    _report(answers)
    return len(answers.failures)


def _report(answers: Answers) -> None:
    cases = sum(counted.total() for counted in answers.statuses.values())
    statuses = {call: dict(sorted(found.items())) for call, found in answers.statuses.items()}
    save("contract", {"cases": cases, "statuses": statuses, "failures": answers.failures})
    for call, counted in statuses.items():
        print(call, ", ".join(f"{kind}: {count}" for kind, count in counted.items()))
    print(f"{cases} cases, {len(answers.failures)} failures", *answers.failures, sep="\n")


if __name__ == "__main__":
    sys.exit(main())
