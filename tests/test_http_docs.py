"""docs/http.md names every call, parameter, metric, error code and setting that it should."""

import re
from pathlib import Path

import pytest

from wardrobe import errors
from wardrobe.serving import admin_schemas, feedback_schemas, item_schemas, schemas, search_schemas

TEXT = (Path(__file__).parents[1] / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_call_is_described(serve) -> None:
    for path, calls in serve().get("/openapi.json").json["paths"].items():
        for method in calls:
            assert f"`{method.upper()} {path.replace('{id}', '<id>')}`" in TEXT


@pytest.mark.parametrize(
    "model",
    [
        search_schemas.SearchParameters,
        schemas.PredictParameters,
        admin_schemas.SwapParameters,
        search_schemas.FacetParameters,
        item_schemas.ImageParameters,
        item_schemas.ItemWrite,
        item_schemas.ItemPatch,
        feedback_schemas.TagFeedback,
        feedback_schemas.ResultFeedback,
    ],
)
def test_every_parameter_is_described(model) -> None:
    for name in model.model_fields:
        assert f"`{name}`" in TEXT


def test_every_metric_is_described(serve) -> None:
    exposition = serve().get("/metrics").text
    names = {line.split()[2] for line in exposition.splitlines() if line.startswith("# TYPE")}
    for name in names:
        if name.startswith("wardrobe_"):
            assert f"`{name}`" in TEXT


def test_every_error_a_caller_can_meet_is_described() -> None:
    offline = {
        errors.SettingError,
        errors.DatasetError,
        errors.CheckpointError,
        errors.IndexFolderError,
        errors.ArtefactError,
        errors.CloudError,
        errors.RolloutError,
    }
    classes = [errors.WardrobeError]
    for parent in classes:
        classes.extend(set(parent.__subclasses__()) - offline)
    for error in classes:
        assert f"| {error.status} | `{error.code}` |" in TEXT


def test_every_printed_call_that_needs_a_key_sends_one() -> None:
    calls = re.findall(
        r"^\$ (curl .*?localhost:8000(/\S*?)'?)(?: \||\n)", TEXT, re.DOTALL | re.MULTILINE
    )
    assert len(calls) > 20
    for call, path in calls:
        if "-X " in call or path == "/items" or path.startswith(("/feedback", "/admin")):
            assert '-H "Authorization: Bearer $KEY"' in call, call
