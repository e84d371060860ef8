"""Uploads and videos over the API: nothing is lost of a file, and nothing is shown to who may not see it."""

import hashlib
import io
import socket
import tracemalloc
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.conftest import until
from tests.sandbox.test_users import CHILD, PARENT, adopted, error

CLIP = {
    "url": "https://cdn.nord.example/1.mp4",
    "title": "One",
    "channel": "music",
    "published": "true",
    "is_created_for_kids": "false",
}


def begin(api, token):
    answer = api.get("/file/upload", token).json()
    return answer["upload_url"], answer["progress_url"]


def test_a_file_is_uploaded_and_its_url_makes_a_video(api):
    token = api.token("cafecourts")
    upload_url, progress_url = begin(api, token)
    assert requests.get(progress_url, timeout=30).json() == {"state": "starting", "size": 0, "received": 0}
    answer = requests.post(upload_url, files={"file": ("one.mp4", b"film" * 1000)}, timeout=30).json()
    assert answer["hash"] == hashlib.sha256(b"film" * 1000).hexdigest()
    assert requests.get(progress_url, timeout=30).json() == {"state": "done", "size": 4000, "received": 4000}
    made = api.post("/me/videos", token, data=CLIP | {"url": answer["url"], "tags": "surf, sea"}).json()
    assert made == {"id": made["id"], "title": "One", "channel": "music", "owner": CHILD}
    assert api.get(f"/video/{made['id']}?fields=tags,status").json() == {"tags": ["surf", "sea"], "status": "published"}


def test_a_large_upload_is_never_in_memory(api):
    size = 64 * 1024 * 1024

    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.mp4"\r\n\r\n'
        for _ in range(size // 65536):
            yield b"\0" * 65536
        yield b"\r\n--b--\r\n"

    upload_url, progress_url = begin(api, api.token("cafecourts"))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    tracemalloc.start()
    try:
        answer = requests.post(upload_url, data=body(), headers=headers, timeout=30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.json()["size"] == size
    assert requests.get(progress_url, timeout=30).json() == {"state": "done", "size": size, "received": size}
    assert peak < size / 4


def test_the_progress_of_an_upload_is_seen_while_it_comes_and_a_broken_one_is_an_error(api):
    upload_url, progress_url = begin(api, api.token("cafecourts"))
    url = urlsplit(upload_url)

    def progress():
        return requests.get(progress_url, timeout=10).json()

    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(
            f"POST {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 999999\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
            + head
            + b"x" * 200_000
        )
        until(lambda: progress()["received"] >= 100_000)
        assert (progress()["state"], progress()["size"]) == ("uploading", 999_999)
        assert api.get(f"/user/{PARENT}", timeout=10).status_code == 200
    until(lambda: progress()["state"] == "error")


def test_an_upload_without_the_part_file_is_an_error_and_makes_no_video(api):
    token = api.token("cafecourts")
    upload_url, progress_url = begin(api, token)
    answer = requests.post(upload_url, files={"film": ("one.mp4", io.BytesIO(b"film"))}, timeout=30)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}
    assert requests.get(progress_url, timeout=30).json()["state"] == "error"
    unfinished = upload_url.replace("upload?uuid=", "uploaded/")
    assert error(api.post("/me/videos", token, data=CLIP | {"url": unfinished})) == (400, "invalid_parameter")


@pytest.mark.parametrize("param", ["url", "title", "channel", "is_created_for_kids"])
def test_a_video_needs_its_mandatory_parameters(api, param):
    data = {name: value for name, value in CLIP.items() if name != param}
    answer = api.post("/me/videos", api.token("cafecourts"), data=data)
    assert error(answer) == (400, "missing_required_parameter")
    assert answer.json()["error"]["error_data"]["param"] == param


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "/etc/passwd"},
        {"url": "ftp://cdn.nord.example/1.mp4"},
        {"title": "x" * 256},
        {"channel": "cooking"},
        {"is_created_for_kids": "maybe"},
        {"tags": ",".join(map(str, range(151)))},
        {"tags": "x" * 151},
        {"description": "x" * 5001},
        {"geoblocking": "allow;fr"},
        {"publish_date": "2026-11-24"},
        {"shoe_size": "42"},
    ],
)
def test_a_value_beyond_its_limits_is_refused_by_its_name(api, wrong):
    answer = api.post("/me/videos", api.token("cafecourts"), data=CLIP | wrong)
    assert error(answer) == (400, "invalid_parameter")
    assert answer.json()["error"]["error_data"]["param"] == next(iter(wrong))
    assert api.world.videos == {}


def test_what_only_partners_may_set_is_refused_to_others(api):
    token = api.token("strayfilms")
    for given in ({"geoblocking": "deny,us"}, {"publish_date": "1900000000"}):
        assert error(api.post("/me/videos", token, data=CLIP | given)) == (403, "access_forbidden")
    assert error(api.post("/me/videos", token, data=CLIP | {"description": "x" * 3001})) == (400, "invalid_parameter")


def test_a_parent_uploads_for_its_child_and_nobody_for_a_stranger(api):
    path, token = f"/user/{CHILD}/videos", api.token("nordclips")
    assert error(api.post(path, token, data=CLIP)) == (403, "access_forbidden")
    adopted(api)
    assert api.post(path, token, data=CLIP).json()["owner"] == CHILD
    weak = api.token("nordclips", scope="email")
    assert error(api.post(path, weak, data=CLIP)) == (403, "access_forbidden")
    assert error(api.post("/user/xnope/videos", token, data=CLIP)) == (404, "not_found")
    assert [one["title"] for one in api.get(path).json()["list"]] == ["One"]


def test_videos_are_listed_the_newest_first_and_by_page(api):
    token = api.token("cafecourts")
    for number in range(12):
        api.clock.s += 1
        api.post("/me/videos", token, data=CLIP | {"title": f"Clip {number}"}).raise_for_status()
    first = api.get(f"/user/{CHILD}/videos?fields=title,owner.username").json()
    assert (first["total"], first["has_more"]) == (12, True)
    assert first["list"][0] == {"title": "Clip 11", "owner.username": "cafecourts"}
    second = api.get("/me/videos?page=2&fields=title", token).json()
    assert [one["title"] for one in second["list"]] == ["Clip 1", "Clip 0"]


def test_videos_are_listed_by_their_time_their_ids_and_what_is_private(api):
    token = api.token("cafecourts")
    ids = [
        api.post("/me/videos", token, data=CLIP | {"private": private}).json()["id"] for private in ("false", "true")
    ]
    for number, one in enumerate(ids):
        api.world.videos[one].created_time = 1000 + number

    def listed(query):
        answer = api.get(f"/user/{CHILD}/videos?{query}", token)
        return [row["id"] for row in answer.json()["list"]] if answer.status_code == 200 else error(answer)

    assert listed("created_after=1000") == ids[1:]
    assert listed("created_before=1001") == ids[:1]
    assert listed("created_after=999&created_before=1002&sort=recent") == ids[::-1]
    assert listed(f"ids={ids[0]},xnope") == ids[:1]
    assert [listed("private=true"), listed("private=false")] == [ids[1:], ids[:1]]
    assert listed("created_after=yesterday") == listed("sort=alpha") == (400, "invalid_parameter")


def test_a_private_or_unpublished_video_is_shown_to_its_owner_alone(api):
    token = api.token("cafecourts")
    ids = [
        api.post("/me/videos", token, data=CLIP | given).json()["id"]
        for given in ({"private": "true"}, {"published": "false"})
    ]
    assert api.get(f"/user/{CHILD}/videos").json()["list"] == []
    assert len(api.get(f"/user/{CHILD}/videos", token).json()["list"]) == 2
    for one in ids:
        assert error(api.get(f"/video/{one}")) == (403, "access_forbidden")
        assert api.get(f"/video/{one}", token).status_code == 200


def test_a_window_of_time_makes_a_private_video_public_while_it_lasts(api):
    begins, ends = int(api.clock.s) + 100, int(api.clock.s) + 200
    window = {"private": "true", "publish_date": begins, "expiry_date": ends}
    api.post("/me/videos", api.token("cafecourts"), data=CLIP | window).raise_for_status()

    def is_public_at(moment):
        api.clock.s = moment
        return api.get(f"/user/{CHILD}/videos").json()["total"] == 1

    assert [is_public_at(one) for one in (begins - 1, begins, ends - 1, ends)] == [False, True, True, False]


def test_a_video_is_edited_and_deleted_by_who_may(api):
    token, outsider = api.token("cafecourts"), api.token("strayfilms")
    path = f"/video/{api.post('/me/videos', token, data=CLIP | {'explicit': 'true'}).json()['id']}"
    assert error(api.post(path, outsider, data={"title": "Mine"})) == (403, "access_forbidden")
    assert error(api.delete(path, outsider)) == (403, "access_forbidden")
    assert api.post(path, token, data={"title": "Two"}).json()["title"] == "Two"
    assert error(api.post(path, token, data={"explicit": "false"})) == (400, "invalid_parameter")
    assert api.delete(path, token).json() == {}
    assert error(api.get(path)) == (404, "not_found")
    assert error(api.delete(path, token)) == (404, "not_found")


def test_a_video_is_processed_for_a_while_before_it_is_published(api):
    api.world.encoding_s = 20
    token = api.token("cafecourts")
    path = f"/video/{api.post('/me/videos', token, data=CLIP).json()['id']}?fields=status,encoding_progress"

    def at(seconds):
        api.clock.s += seconds
        return tuple(api.get(path, token).json().values())

    assert [at(0), at(5), at(15)] == [("waiting", 0), ("processing", 25), ("published", 100)]


def test_the_categories_are_listed(api):
    assert [one["id"] for one in api.get("/channels?limit=3").json()["list"]] == ["animals", "auto", "creation"]
