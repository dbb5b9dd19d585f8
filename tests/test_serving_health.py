"""Health before, during and after; the process answers all along."""

import threading

import pytest

import wardrobe
from tests.fakes import ColourEncoder
from tests.serving import ContractClient, GatedEncoder, metric, picture, until
from tests.tiny_index import colour_index
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings


def test_healthz_says_what_is_served(serve) -> None:
    client = serve()
    assert client.get("/healthz").json == {
        "status": "ok",
        "version": wardrobe.__version__,
        "encoder": "colour-encoder",
        "fingerprint": ColourEncoder.fingerprint,
        "dimension": 13,
        "precision": "fp32",
        "has_text": True,
        "has_tags": True,
        "zero_shot": False,
        "index": {"kind": "flat", "count": 5, "fingerprint": ColourEncoder.fingerprint},
    }
    assert metric(client.get("/metrics").text, "wardrobe_ready") == 1


def test_until_it_is_warm_only_livez_answers(tmp_path) -> None:
    encoder = GatedEncoder()
    encoder.hold()
    app = create_app(Settings(_env_file=None), encoder=encoder, index=colour_index(tmp_path))
    app.test_client_class = ContractClient
    client = app.test_client()
    until(lambda: encoder.batches == [1])
    for path in ("/healthz", "/search?text=red", "/search?unknown=1", "/items/shop/red"):
        response = client.get(path)
        assert response.status_code == 503
        assert "warming up" in response.json["error"]["message"]
        assert int(response.headers["Retry-After"]) >= 1
    assert client.get("/livez").status_code == 200
    assert metric(client.get("/metrics").text, "wardrobe_ready") == 0
    encoder.gate.set()
    current_service(app).startup.wait(30)
    assert client.get("/healthz").status_code == 200
    current_service(app).close()


def test_warm_up_runs_every_batch_size_up_to_the_largest(serve) -> None:
    encoder = GatedEncoder()
    serve(encoder, max_batch_size=20, max_batch_pixels=10**6)
    assert encoder.batches[:10] == [1, 2, 3, 4, 5, 6, 7, 8, 16, 20]


@pytest.mark.parametrize("missing", ["encoder", "index"])
def test_a_failed_start_says_why(tmp_path, missing, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = Settings(
        _env_file=None, encoder=str(tmp_path / "no-encoder"), index=tmp_path / "no-index"
    )
    app = create_app(settings, encoder=None if missing == "encoder" else ColourEncoder())
    app.test_client_class = ContractClient
    client = app.test_client()
    until(lambda: "could not start" in client.get("/healthz").text, timeout=60)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert f"no-{missing}" in response.json["error"]["message"]
    assert client.get("/livez").status_code == 200
    current_service(app).close()


def test_after_closing_it_refuses_and_what_was_under_way_is_answered(serve) -> None:
    encoder = GatedEncoder()
    client = serve(encoder)
    service = current_service(client.application)
    encoder.hold()
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(
            client.post("/search", data=picture("red"), content_type="image/png")
        )
    )
    asking.start()
    until(lambda: encoder.batches == [1])
    closing = threading.Thread(target=service.close)
    closing.start()
    until(lambda: client.get("/healthz").status_code == 503)
    assert "stopping" in client.get("/healthz").json["error"]["message"]
    encoder.gate.set()
    asking.join(10)
    closing.join(10)
    assert answers[0].status_code == 200
