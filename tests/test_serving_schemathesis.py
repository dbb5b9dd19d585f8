"""schemathesis tries every call of the OpenAPI document: no 5xx, no answer it does not document.

`python -m benchmarks.contract` tries thousands of cases, and every boundary value.
"""

import pytest
from schemathesis import GenerationMode
from schemathesis.core.control import SkipTest

from tests import contract

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ALWAYS_RIGHT = {
    "GET /healthz",
    "GET /items/{id}",
    "GET /livez",
    "GET /metrics",
}
"""Calls that no request can break a rule of."""

# werkzeug leaves the part of a broken form that it was reading to the garbage collector, and
# schemathesis a picture that it has read.
pytestmark = pytest.mark.filterwarnings("ignore:.*(SpooledTemporaryFile|FileIO|BufferedReader)")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with contract.serving(tmp_path_factory.mktemp("contract")) as app:
        yield app


@pytest.mark.parametrize(("mode", "cases"), [(POSITIVE, 20), (NEGATIVE, 4)])
def test_every_call_answers_as_documented(app, mode, cases) -> None:
    untold = set()
    for operation in contract.operations(contract.schema_of(app, mode)):
        contract.refill(app)
        try:
            contract.fuzz(operation, mode, cases)
        except SkipTest:
            untold.add(operation.label)
    assert untold == (set() if mode.is_positive else ALWAYS_RIGHT)


def test_what_is_written_can_be_read_changed_and_removed(app) -> None:
    contract.try_links(contract.schema_of(app, POSITIVE), cases=4)
