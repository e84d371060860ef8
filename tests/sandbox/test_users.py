"""Accounts over the API: who may read and tie what, and how the answers look."""

import pytest

PARENT, CHILD = "x1nord", "x2cafec0"
DELEGATE = "delegate_account_management"


def error(answer):
    """Return an API error's status and type, which must stand in its object too."""
    body = answer.json()["error"]
    assert body.keys() >= {"code", "message", "type", "more_info"}
    assert body["code"] == answer.status_code
    return answer.status_code, body["type"]


def adopted(api):
    api.post(f"/me/parents/{PARENT}", api.token("cafecourts")).raise_for_status()


@pytest.mark.parametrize("form", ["OAuth {}", "Bearer {}", "bearer {}"])
def test_both_header_forms_of_a_token_are_taken(api, form):
    header = {"Authorization": form.format(api.token("cafecourts"))}
    assert api.get("/me", headers=header).json() == {"id": CHILD, "screenname": "Cafecourts"}


@pytest.mark.parametrize("path", ["/auth", "/auth/"])
def test_auth_tells_who_calls_and_takes_the_token_in_the_query_too(api, path):
    token = api.token("cafecourts", scope="email")
    expected = {
        "id": CHILD,
        "scope": ["email"],
        "roles": ["can-adopt-users"],
        "username": "cafecourts",
        "screenname": "Cafecourts",
        "language": "en",
    }
    assert api.get(path, token).json() == expected
    assert api.get(path, params={"access_token": token}).json() == expected
    assert error(api.get("/me", params={"access_token": token})) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/auth", "/me", "/me/parents", "/me/videos", "/logout", "/file/upload"])
def test_without_a_token_a_call_that_needs_one_is_a_400(api, path):
    assert error(api.get(path)) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "token", "Bearer Bearer {}"])
def test_an_authorization_in_no_known_form_is_a_400(api, header):
    value = header.format(api.token("cafecourts"))
    assert error(api.get("/me", headers={"Authorization": value})) == (400, "invalid_request")


def test_an_expired_or_unknown_token_is_a_401_that_asks_for_a_refresh(api):
    token = api.token("cafecourts")
    api.clock.s += 36_000
    for value in (token, "unknown"):
        answer = api.get(f"/user/{PARENT}", value)
        assert error(answer) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith('OAuth error="invalid_token", error_description="')


def test_logging_out_ends_the_access_token_and_its_refresh_token(api):
    first = api.grant("password", username="cafecourts", password="sandbox-cafecourts").json()
    assert api.get("/logout", first["access_token"]).json() == {}
    assert error(api.get("/me", first["access_token"]))[0] == 401
    assert api.grant("refresh_token", refresh_token=first["refresh_token"]).json()["error"] == "invalid_grant"


def test_adoption_answers_an_empty_object_is_seen_by_all_and_mailed_once(api):
    token = api.token("cafecourts")
    assert api.get(f"/me/parents/{PARENT}", token).json()["list"] == []
    for _ in range(2):
        answer = api.post(f"/me/parents/{PARENT}", token)
        assert (answer.status_code, answer.json()) == (200, {})
    assert [one["id"] for one in api.get(f"/me/parents/{PARENT}", token).json()["list"]] == [PARENT]
    assert [one["id"] for one in api.get("/me/parents", token).json()["list"]] == [PARENT]
    assert [one["id"] for one in api.get(f"/user/{PARENT}/children").json()["list"]] == [CHILD]
    assert [one["id"] for one in api.get("/users", params={"parent": PARENT}).json()["list"]] == [CHILD]
    assert api.get(f"/user/{CHILD}?fields=parent").json() == {"parent": PARENT}
    assert [(one.to, one.parent, one.about) for one in api.world.mails] == [
        ("cafecourts@sandbox.example", PARENT, "adopted")
    ]


def test_adoption_needs_a_token_the_scope_the_role_and_a_parent(api):
    path = f"/me/parents/{PARENT}"
    assert error(api.post(path)) == (400, "invalid_request")
    assert error(api.post(path, api.token("cafecourts", scope="email"))) == (403, "access_forbidden")
    other_key = api.token("cafecourts", client_id="sandbox-no-role")
    answer = api.post(path, other_key)
    assert error(answer) == (403, "access_forbidden")
    assert "can-adopt-users" in answer.json()["error"]["message"]
    assert error(api.post("/me/parents/xnope", api.token("cafecourts"))) == (404, "not_found")
    assert error(api.post(f"/me/parents/{CHILD}", api.token("cafecourts"))) == (400, "invalid_parameter")
    assert api.world.children(PARENT) == []


def test_nobody_can_adopt_with_the_parents_token(api):
    parent = api.token("nordclips")
    assert error(api.post(f"/user/{CHILD}/parents/{PARENT}", parent)) == (403, "access_forbidden")
    assert error(api.post(f"/me/children/{CHILD}", parent)) == (405, "invalid_method")
    assert error(api.post(f"/user/{PARENT}/children/{CHILD}", parent)) == (405, "invalid_method")
    assert api.world.children(PARENT) == []


@pytest.mark.parametrize("path", [f"/me/children/{CHILD}", f"/user/{PARENT}/children/{CHILD}"])
def test_the_parent_rejects_a_child_by_either_path_and_it_is_mailed(api, path):
    adopted(api)
    answer = api.delete(path, api.token("nordclips"))
    assert (answer.status_code, answer.json()) == (200, {})
    assert api.get(f"/user/{PARENT}/children").json()["list"] == []
    assert [one.about for one in api.world.mails] == ["adopted", "rejected"]
    assert error(api.delete(path, api.token("nordclips"))) == (404, "not_found")


def test_nobody_else_ends_an_adoption(api):
    adopted(api)
    child, outsider = api.token("cafecourts"), api.token("strayfilms")
    assert error(api.delete(f"/me/parents/{PARENT}", child)) == (403, "access_forbidden")
    assert error(api.delete(f"/user/{PARENT}/children/{CHILD}", child)) == (403, "access_forbidden")
    assert error(api.delete(f"/user/{PARENT}/children/{CHILD}", outsider)) == (403, "access_forbidden")
    assert error(api.delete(f"/me/children/{CHILD}", outsider)) == (404, "not_found")
    assert [one.id for one in api.world.children(PARENT)] == [CHILD]


def test_who_is_no_child_can_be_a_404_too(serve):
    api = serve(not_a_child="404")
    token = api.token("cafecourts")
    assert error(api.get(f"/me/parents/{PARENT}", token)) == (404, "not_found")
    adopted(api)
    assert api.get(f"/me/parents/{PARENT}", token).json()["total"] == 1


def test_a_list_is_paged_to_its_end(serve):
    api = serve(children=23)
    seen, page, more = [], 1, True
    while more:
        answer = api.get(f"/user/{PARENT}/children", params={"fields": "id,username", "page": page}).json()
        assert (answer["page"], answer["limit"], answer["explicit"], answer["total"]) == (page, 10, False, 23)
        seen += [one["username"] for one in answer["list"]]
        page, more = page + 1, answer["has_more"]
    assert seen == [f"child{number:05d}" for number in range(1, 24)]
    assert page == 4


def test_a_list_ends_after_a_thousand_results(serve):
    api = serve(children=1050)
    answer = api.get(f"/user/{PARENT}/children", params={"limit": 100, "page": 10}).json()
    assert (len(answer["list"]), answer["has_more"], answer["total"]) == (100, False, 1050)
    beyond = api.get(f"/user/{PARENT}/children", params={"limit": 100, "page": 11}).json()
    assert (beyond["list"], beyond["has_more"]) == ([], False)


@pytest.mark.parametrize("query", ["limit=101", "page=101", "limit=0", "page=-1", "limit=x", "page=1.5", "page=²"])
def test_a_page_or_limit_beyond_a_hundred_is_a_400(api, query):
    assert error(api.get(f"/user/{PARENT}/children?{query}")) == (400, "invalid_parameter")
    assert api.get(f"/user/{PARENT}/children?limit=100&page=100").status_code == 200


def test_fields_may_be_one_text_or_repeated_and_unknown_ones_are_refused(api):
    for query in ("fields=id,username", "fields=id&fields=username", "fields=id,%20username"):
        assert api.get(f"/user/{CHILD}?{query}").json() == {"id": CHILD, "username": "cafecourts"}
    assert error(api.get(f"/user/{CHILD}?fields=id,shoe_size")) == (400, "invalid_parameter")
    assert error(api.get("/user/xnope")) == (404, "not_found")


def test_private_fields_are_for_the_account_and_its_parent_with_the_scope(api):
    adopted(api)
    path = f"/user/{CHILD}?fields=email"
    assert error(api.get(path)) == (403, "access_forbidden")
    assert error(api.get(path, api.token("strayfilms"))) == (403, "access_forbidden")
    assert error(api.get(path, api.token("nordclips", scope="userinfo"))) == (403, "access_forbidden")
    for username in ("nordclips", "cafecourts"):
        assert api.get(path, api.token(username)).json() == {"email": "cafecourts@sandbox.example"}


def test_revenues_are_numbers_to_who_may_read_them_and_null_to_others(serve):
    api = serve(children=12)
    path = f"/user/{PARENT}/children?fields=id,revenues_video_total,revenues_claim_last_day&limit=100"
    rich = api.get(path, api.token("nordclips")).json()["list"]
    values = [one["revenues_video_total"] for one in rich]
    assert any(value is None for value in values)
    assert any(isinstance(value, int | float) and value > 0 for value in values)
    for token in (None, api.token("strayfilms"), api.token("nordclips", scope="email")):
        poor = api.get(path, token).json()["list"]
        assert [one["revenues_video_total"] for one in poor] == [None] * 12


def test_a_key_alone_reads_what_its_owner_may(serve):
    api = serve(children=3)
    form = {"client_id": "sandbox-private", "scope": "email"}
    token = api.grant("client_credentials", **form).json()["access_token"]
    assert api.get("/user/x3c00001?fields=email", token).json() == {"email": "child00001@sandbox.example"}
    assert error(api.get("/user/x9stray?fields=email", token)) == (403, "access_forbidden")


def test_a_parent_writes_to_its_children_and_to_nobody_else(api):
    token = api.token("nordclips")
    assert error(api.post(f"/user/{CHILD}", token, data={"screenname": "Courts"})) == (403, "access_forbidden")
    adopted(api)
    answer = api.post(f"/user/{CHILD}", token, data={"screenname": "Courts", "description": "Short films"})
    assert answer.json() == {"id": CHILD, "screenname": "Courts"}
    assert api.get(f"/user/{CHILD}?fields=description").json() == {"description": "Short films"}
    assert error(api.post(f"/user/{CHILD}", token, data={"username": "other"})) == (400, "invalid_parameter")
    weak = api.token("nordclips", scope="email")
    assert error(api.post(f"/user/{CHILD}", weak, data={"first_name": "Ann"})) == (403, "access_forbidden")
    assert error(api.post(f"/user/{CHILD}", data={"screenname": "Courts"})) == (400, "invalid_request")


def test_what_is_not_there_is_a_404_in_the_apis_own_form(api):
    assert error(api.get("/no/such/thing")) == (404, "not_found")
