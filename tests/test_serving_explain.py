"""/predict?explain=1: heatmaps of the selected tags, and of nothing else."""

import base64
import io
import threading

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.serving import GatedEncoder, metric, picture, until
from wardrobe.errors import UnsupportedQueryError
from wardrobe.explanation import HEATMAP_SIDE, MAX_TAGS
from wardrobe.labels import Attribute, LabelSpace


def half_red() -> bytes:
    """A PNG that is red on the left and black on the right; `colour=Red` looks left."""
    image = Image.new("RGB", (60, 40))
    image.paste("red", (0, 0, 30, 40))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def heatmap_of(tag) -> np.ndarray:
    head, _, content = tag["heatmap"].partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(content, validate=True)))
    assert (image.format, image.mode, image.size) == ("PNG", "L", (HEATMAP_SIDE,) * 2)
    return np.asarray(image)


def tags_of(result):
    return [tag for tags in result["tags"].values() for tag in tags]


def in_form(*pictures: bytes, **fields: str):
    files = [(io.BytesIO(content), f"{i}.png") for i, content in enumerate(pictures)]
    return {"data": {"files": files, **fields}}


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("?explain=1", in_form(half_red())),
        ("", in_form(half_red(), explain="true")),
        ("", {"json": {"image": base64.b64encode(half_red()).decode(), "explain": True}}),
        ("?explain=1", {"data": half_red(), "content_type": "image/png"}),
    ],
    ids=["query", "form", "json", "raw"],
)
def test_selected_tags_say_what_they_looked_at(serve, query, sent) -> None:
    (result,) = serve().post(f"/predict{query}", **sent).json["results"]
    assert [tag["label"] for tag in tags_of(result) if tag["selected"]] == ["Red", "reddish"]
    for tag in tags_of(result):
        assert ("heatmap" in tag) == tag["selected"]
    heat = heatmap_of(result["tags"]["colour"][0])
    assert heat[:, : HEATMAP_SIDE // 4].min() > 200
    assert heat[:, -HEATMAP_SIDE // 4 :].max() < 50
    assert not any("heatmap" in tag for tag in result["top"])


@pytest.mark.parametrize("query", ["", "?explain=0", "?explain=false"])
def test_without_being_asked_there_is_no_heatmap(serve, query) -> None:
    response = serve().post(f"/predict{query}", **in_form(half_red()))
    assert "heatmap" not in response.text


def test_a_value_that_is_no_yes_or_no_is_refused(serve) -> None:
    response = serve().post("/predict?explain=often", **in_form(half_red()))
    assert response.status_code == 400
    assert "explain is 'often': it must be a valid boolean" in response.json["error"]["message"]
    assert response.json["error"]["detail"] == {"parameters": ["explain"]}


def test_a_bad_picture_fails_alone_and_one_without_tags_has_no_heatmap(serve) -> None:
    grey = picture((100, 100, 100))  # every colour alike: none reaches its threshold
    response = serve().post("/predict?explain=1", **in_form(half_red(), b"broken", grey))
    red, broken, without = response.json["results"]
    assert "heatmap" in red["tags"]["colour"][0]
    assert broken["error"]["code"] == "unreadable_picture"
    assert not any(tag["selected"] for tag in tags_of(without))


def test_explaining_uses_the_cache_and_leaves_it_as_it_was(serve) -> None:
    client = serve()
    answers = [client.post(f"/predict{q}", **in_form(half_red())) for q in ("?explain=1", "", "")]
    explained, plain, again = (answer.json["results"][0] for answer in answers)
    assert plain == again
    for tag in tags_of(explained):
        tag.pop("heatmap", None)
    assert explained == plain
    repeated = client.post("/predict?explain=1", **in_form(half_red())).json["results"][0]
    assert "heatmap" in repeated["tags"]["colour"][0]


def test_explanations_run_in_the_encoding_thread_and_are_counted(serve) -> None:
    threads = set()

    class Watched(ColourEncoder):
        def encode_pictures(self, pixels):
            threads.add(threading.current_thread())
            return super().encode_pictures(pixels)

        def explain(self, pixels, labels):
            threads.add(threading.current_thread())
            return super().explain(pixels, labels)

    client = serve(Watched())
    before = metric(
        client.get("/metrics").text, "wardrobe_encoded_inputs_total", kind="explanation"
    )
    client.post("/predict?explain=1", **in_form(half_red(), picture("red")))
    after = metric(client.get("/metrics").text, "wardrobe_encoded_inputs_total", kind="explanation")
    assert after - before == 2
    assert [thread.name for thread in threads] == ["encoding"]


def test_an_explanation_that_must_wait_too_long_is_given_up(serve) -> None:
    encoder = GatedEncoder()
    client = serve(encoder, deadline_s=0.5, max_batch_size=1)
    assert client.post("/predict", **in_form(half_red())).status_code == 200  # cached now
    encoder.hold()
    other = threading.Thread(target=client.post, args=["/predict"], kwargs=in_form(picture("blue")))
    other.start()
    until(lambda: encoder.batches)
    response = client.post("/predict?explain=1", **in_form(half_red()))
    encoder.gate.set()
    other.join()
    assert response.status_code == 504
    assert response.json["error"]["code"] == "deadline_exceeded"


def test_at_most_so_many_tags_are_explained_the_most_probable(serve) -> None:
    count = MAX_TAGS + 4

    class Talkative(ColourEncoder):
        label_space = LabelSpace(
            (Attribute("details", "multi", tuple(f"d{i:02d}" for i in range(count))),)
        )
        thresholds = np.full(count, 0.5, np.float32)

        def encode_pictures(self, pixels):
            encoding = super().encode_pictures(pixels)
            logits = np.tile(np.arange(1, count + 1, dtype=np.float32) / 5, (len(pixels), 1))
            return type(encoding)(encoding.vectors, logits)

        def explain(self, pixels, labels):
            return np.ones((len(labels), 2, 2), np.float32)

    (result,) = serve(Talkative()).post("/predict?explain=1", **in_form(half_red())).json["results"]
    tags = result["tags"]["details"]
    assert all(tag["selected"] for tag in tags)
    assert ["heatmap" in tag for tag in tags] == [True] * MAX_TAGS + [False] * 4


def test_an_encoder_that_cannot_explain_says_so(serve) -> None:
    class Mute(ColourEncoder):
        def explain(self, pixels, labels):
            raise UnsupportedQueryError("the encoder mute cannot explain tags")

    response = serve(Mute()).post("/predict?explain=1", **in_form(half_red()))
    assert response.status_code == 400
    assert response.json["error"]["code"] == "unsupported_query"


def test_of_a_cropped_picture_only_the_seen_part_is_warm(serve) -> None:
    class Cropping(ColourEncoder):
        def seen_part(self, width, height):
            assert (width, height) == (60, 40)
            return height / width, 1.0

    client = serve(Cropping())
    (result,) = client.post("/predict?explain=1", **in_form(half_red())).json["results"]
    heat = heatmap_of(result["tags"]["tone"][0])  # looks at everything alike
    unseen = round(HEATMAP_SIDE / 6)
    assert heat[:, unseen + 1 : -unseen - 1].min() == 255
    assert heat[:, : unseen - 1].max() == 0
    assert heat[:, -unseen + 1 :].max() == 0
