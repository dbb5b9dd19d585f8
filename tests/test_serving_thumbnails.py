"""`GET /items/<id>/image?side=…`: a picture for a grid is small, upright and kept by browsers."""

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tests.serving import metric, until
from wardrobe import thumbnails
from wardrobe.encoders.hardware import available_cores
from wardrobe.serving.service import current_service

EXIF_ORIENTATION = 0x0112


def striped(size: tuple[int, int], kind: str, *, orientation: int = 1, mode: str = "RGB") -> bytes:
    """Returns a picture whose left half is red and whose right half is blue, as it is stored."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    buffer = io.BytesIO()
    picture.convert(mode).save(buffer, kind, exif=exif if orientation != 1 else b"")
    return buffer.getvalue()


@pytest.fixture
def put(serve):
    """Writes an item's picture and returns the client and the address of the picture."""
    clients = []

    def put_(data: bytes, **settings):
        clients.append(serve(**settings))
        body = {"image": base64.b64encode(data).decode()}
        assert clients[-1].put("/items/new", json=body).status_code == 201
        return clients[-1], "/items/new/image"

    return put_


def fetched(client, address: str, **headers: str):
    with client.get(address, headers=headers, buffered=True) as response:
        return response


def opened(response) -> Image.Image:
    return Image.open(io.BytesIO(response.data))


def colours(picture: Image.Image) -> np.ndarray:
    """Returns the colours of the four corners, `(2, 2, 3)`, as truths of red, green and blue."""
    pixels = np.asarray(picture.convert("RGB"))
    return pixels[[2, 2, -3, -3], [2, -3, 2, -3]].reshape(2, 2, 3) > 128


RED, BLUE = (True, False, False), (False, False, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_large_picture_comes_smaller_and_as_jpeg(put, kind) -> None:
    client, address = put(striped((1200, 800), kind))
    response = fetched(client, f"{address}?side=300")
    assert (response.status_code, response.mimetype) == (200, "image/jpeg")
    small = opened(response)
    assert (small.format, small.size) == ("JPEG", (300, 200))
    assert (colours(small) == [[RED, BLUE], [RED, BLUE]]).all()


def test_it_is_turned_upright(put) -> None:
    client, address = put(striped((1200, 800), "JPEG", orientation=6))
    small = opened(fetched(client, f"{address}?side=320"))
    assert small.size == (213, 320)
    assert (colours(small) == [[RED, RED], [BLUE, BLUE]]).all()
    assert EXIF_ORIENTATION not in small.getexif()


def test_one_that_fits_comes_as_it_is(put) -> None:
    for kind in ("JPEG", "PNG"):
        data = striped((320, 200), kind)
        client, address = put(data)
        assert fetched(client, f"{address}?side=320").data == data
        same = fetched(client, f"{address}?side=2048")
        assert (same.data, same.mimetype) == (data, f"image/{kind.lower()}")


def test_one_that_no_browser_shows_comes_as_jpeg_though_it_fits(put) -> None:
    client, address = put(striped((64, 40), "TIFF"))
    response = fetched(client, f"{address}?side=320")
    assert (response.mimetype, opened(response).size) == ("image/jpeg", (64, 40))


def test_one_that_fits_but_lies_on_its_side_is_turned_and_not_enlarged(put) -> None:
    client, address = put(striped((64, 40), "JPEG", orientation=8))
    small = opened(fetched(client, f"{address}?side=320"))
    assert small.size == (40, 64)
    assert (colours(small) == [[BLUE, BLUE], [RED, RED]]).all()


def test_without_side_it_comes_as_it_came(put) -> None:
    data = striped((1200, 800), "PNG")
    client, address = put(data)
    assert fetched(client, address).data == data


def test_transparency_is_laid_on_white(put) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(buffer, "PNG")
    client, address = put(buffer.getvalue())
    assert np.asarray(opened(fetched(client, f"{address}?side=100"))).min() > 250


@pytest.mark.parametrize("size", [(1200, 800), (40, 30)])
def test_a_browser_keeps_it_until_the_item_changes(put, size, monkeypatch) -> None:
    client, address = put(striped(size, "JPEG"))
    first = fetched(client, f"{address}?side=64")
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Cache-Control"] == fetched(client, address).headers["Cache-Control"]
    etag = first.headers["ETag"]
    assert etag != fetched(client, f"{address}?side=65").headers["ETag"]
    with monkeypatch.context() as patch:
        patch.delattr(thumbnails, "decode")  # to say so takes no decoding
        known = fetched(client, f"{address}?side=64", **{"If-None-Match": etag})
    assert (known.status_code, known.data) == (304, b"")
    assert known.headers["ETag"] == etag
    assert known.headers["Cache-Control"] == "public, max-age=3600"
    other = base64.b64encode(striped((900, 900), "PNG")).decode()
    assert client.patch("/items/new", json={"image": other}).status_code == 200
    newer = fetched(client, f"{address}?side=64", **{"If-None-Match": etag})
    assert (newer.status_code, opened(newer).size) == (200, (64, 64))


@pytest.mark.parametrize("query", ["", "?side=64", "?side=2048"])
def test_no_proxy_keeps_what_needs_a_key(put, query) -> None:
    client, address = put(striped((400, 300), "JPEG"), open_reading=False)
    for response in (
        (first := fetched(client, address + query)),
        fetched(client, address + query, **{"If-None-Match": first.headers["ETag"]}),
    ):
        assert response.headers["Cache-Control"] in (
            "private, max-age=3600",
            "max-age=3600, private",
        )


def test_head_says_what_get_would(put) -> None:
    client, address = put(striped((1200, 800), "JPEG"))
    got, head = (client.open(f"{address}?side=64", method=m) for m in ("GET", "HEAD"))
    assert head.data == b""
    assert (head.content_length, head.headers["ETag"]) == (len(got.data), got.headers["ETag"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("side=15", "side is '15': it must be greater than or equal to 16"),
        ("side=2049", "side is '2049': it must be less than or equal to 2048"),
        ("side=big", "side is 'big': it must be a valid integer"),
        ("side=", "side is '': it must be a valid integer"),
        ("side=64&side=65", "side is given twice"),
        ("width=64", "unknown parameter 'width'; this call knows side"),
    ],
)
def test_a_side_that_breaks_a_rule_is_refused(serve, query, message) -> None:
    response = serve().get(f"/items/shop/red/image?{query}")
    assert (response.status_code, response.json["error"]["code"]) == (400, "bad_request")
    assert message in response.json["error"]["message"]


def test_no_item_and_no_picture_are_not_found(put) -> None:
    client, address = put(striped((1200, 800), "JPEG"))
    path = current_service(client.application).current.get().index.item("new").image_path
    path.write_bytes(path.read_bytes()[:2000])
    for reason in ("cannot be made smaller: the picture is truncated", "is gone"):
        response = client.get(f"{address}?side=64")
        assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_item")
        assert f"the picture of item 'new' {reason}" in response.json["error"]["message"]
        path.unlink(missing_ok=True)
    assert client.get("/items/none/image?side=64").status_code == 404


def test_one_beyond_the_limit_of_pixels_is_not_decoded(serve) -> None:
    client = serve(max_picture_pixels=1000)
    response = client.get("/items/shop/red/image?side=16")
    assert response.status_code == 404
    assert "40x30 = 1200 pixels; the limit is 1000" in response.json["error"]["message"]


def test_few_are_decoded_at_once_and_none_past_the_deadline(put, monkeypatch) -> None:
    client, address = put(striped((1200, 800), "JPEG"), deadline_s=1)
    gate, lock, under_way, most = threading.Event(), threading.Lock(), [0], [0]
    real = thumbnails.decode

    def held(*given, **named):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        assert gate.wait(20)
        with lock:
            under_way[0] -= 1
        return real(*given, **named)

    monkeypatch.setattr(thumbnails, "decode", held)
    places = available_cores() + 1

    def ask(number: int):
        return client.application.test_client().get(f"{address}?side={100 + number}")

    with ThreadPoolExecutor(places + 2) as pool:
        waiting = [pool.submit(ask, number) for number in range(places + 2)]
        until(lambda: sum(future.done() for future in waiting) == 2)
        late = [future.result() for future in waiting if future.done()]
        gate.set()
    assert [answer.status_code for answer in late] == [504, 504]
    assert late[0].json["error"]["code"] == "deadline_exceeded"
    assert sum(future.result().status_code == 200 for future in waiting) == places == most[0]
    exposition = client.get("/metrics").text
    assert metric(exposition, "wardrobe_stage_duration_seconds_count", stage="decode") >= places
