"""Whoever asks for consent gets what the person granted, and nobody else gets anything."""

import base64
import hashlib

import pytest
from lxml import html

from sandbox.oauth import fits
from tests.sandbox.conftest import CALLBACK, KEY, parameters

ASKED = {"response_type": "code", "client_id": "sandbox-key", "redirect_uri": CALLBACK, "scope": "email"}


def flat(answer):
    """Return the error of a token answer, which is flat and stands in a header too."""
    body = answer.json()
    assert answer.status_code == 400
    assert answer.headers[
        "WWW-Authenticate"
    ] == 'OAuth error="{error}", error_description="{error_description}"'.format(**body)
    return body["error"]


def test_the_page_says_who_asks_for_what_and_that_it_is_a_sandbox(api):
    answer = api.get("/oauth/authorize", params=ASKED | {"scope": "email <b>"})
    assert answer.status_code == 200
    for words in ("Sandbox - not Dailymotion", "Nord Clips", 'value="x2cafec0"', 'value="email"', 'value="&lt;b&gt;"'):
        assert words in answer.text


def test_the_forms_of_the_page_are_what_a_person_submits(api):
    query = ASKED | {"scope": "email userinfo", "state": "s", "display": "popup"}
    page = html.fromstring(api.get("/oauth/authorize", params=query).text)
    (form,) = page.forms
    form.fields["account"] = "x2silent"
    (box,) = form.xpath(".//input[@value='userinfo']")
    assert box.checked
    box.checked = False
    assert form.method == "POST"
    assert form.action is None
    assert {one.get("value") for one in form.xpath(".//button[@name='decision']")} == {"allow", "deny"}
    sent = [*form.form_values(), ("decision", "allow")]
    answer = api.post("/oauth/authorize", params=query, data=sent, allow_redirects=False)
    token = api.grant("authorization_code", code=parameters(answer)["code"], redirect_uri=CALLBACK).json()
    assert (token["uid"], token["scope"]) == ("x2silent", "email")


def test_consent_leads_back_with_a_code_and_the_state_as_it_was(api):
    state = "a b&c=d/é?#%00"
    answer = api.ask(state=state)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(CALLBACK + "?code=")
    assert parameters(answer)["state"] == state


def test_refusal_leads_back_with_access_denied_and_no_code(api):
    answer = parameters(api.ask(decision="deny", state="s"))
    assert answer.keys() == {"error", "error_description", "state"}
    assert answer["error"] == "access_denied"


def test_a_callback_with_a_query_of_its_own_keeps_it(api):
    answer = api.ask(redirect_uri=CALLBACK + "?redirect_state=x")
    assert answer.headers["Location"].startswith(CALLBACK + "?redirect_state=x&code=")


@pytest.mark.parametrize(
    ("redirect_uri", "is_taken"),
    [
        (CALLBACK, True),
        (CALLBACK + "/slug", True),
        (CALLBACK + "?redirect_state=x", True),
        (CALLBACK + "-evil", False),
        (CALLBACK + "/../../admin", False),
        (CALLBACK + "/%2e%2e/x#y", False),
        (CALLBACK.replace("http:", "https:"), False),
        ("https://evil.example/?" + CALLBACK, False),
        ("https://evil.example/", False),
        ("", False),
    ],
)
def test_a_redirect_uri_equals_or_extends_the_keys_callback(redirect_uri, is_taken):
    assert fits(redirect_uri, CALLBACK) is is_taken


@pytest.mark.parametrize("wrong", [{"client_id": "other"}, {"redirect_uri": "https://evil.example/"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_key_or_a_strange_callback_is_a_page_and_never_a_redirect(api, wrong, method):
    form = {"account": "x2cafec0", "scope": "email", "decision": "allow"}
    answer = api.call(method, "/oauth/authorize", params=ASKED | wrong, data=form, allow_redirects=False)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "This can't go on" in answer.text.replace("&#39;", "'")
    assert api.world.codes == {}


def test_only_a_code_can_be_asked_for(api):
    assert parameters(api.ask(response_type="token"))["error"] == "unsupported_response_type"


def test_somebody_else_logs_in_with_username_and_password(api):
    form = {"account": "", "username": "strayfilms", "password": "sandbox-strayfilms", "scope": "email"}
    right = api.post("/oauth/authorize", params=ASKED, data=form | {"decision": "allow"}, allow_redirects=False)
    token = api.grant("authorization_code", code=parameters(right)["code"], redirect_uri=CALLBACK).json()
    assert token["uid"] == "x9stray"
    form["password"] = "sandbox-nordclips"
    wrong = api.post("/oauth/authorize", params=ASKED, data=form | {"decision": "allow"}, allow_redirects=False)
    assert wrong.status_code == 403
    assert "no account with this username and password" in wrong.text


def test_the_token_answer_has_the_documented_fields_and_what_was_ticked(api):
    code = api.code(scope="email userinfo read_insights", granted="read_insights email manage_videos")
    answer = api.grant("authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope", "uid"}
    assert (body["token_type"], body["expires_in"], body["uid"]) == ("Bearer", 36000, "x2cafec0")
    assert body["scope"] == "email read_insights"


def test_a_code_works_once_and_a_second_use_ends_what_it_opened(api):
    code = api.code()
    first = api.grant("authorization_code", code=code, redirect_uri=CALLBACK).json()
    assert api.get("/me", first["access_token"]).status_code == 200
    assert flat(api.grant("authorization_code", code=code, redirect_uri=CALLBACK)) == "invalid_grant"
    assert api.get("/me", first["access_token"]).status_code == 401
    assert flat(api.grant("refresh_token", refresh_token=first["refresh_token"])) == "invalid_grant"


def test_a_code_is_bound_to_its_callback_its_key_and_its_time(api):
    code = api.code()
    assert flat(api.grant("authorization_code", code=code, redirect_uri=CALLBACK + "/x")) == "invalid_grant"
    other = {"client_id": "sandbox-no-role", "code": code, "redirect_uri": CALLBACK}
    assert flat(api.grant("authorization_code", **other)) == "invalid_grant"
    api.clock.s += 600
    assert flat(api.grant("authorization_code", code=code, redirect_uri=CALLBACK)) == "invalid_grant"


def test_a_code_with_a_challenge_needs_its_verifier(api):
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    code = api.code(code_challenge=challenge, code_challenge_method="S256")
    for wrong in ({}, {"code_verifier": "w" * 43}):
        assert flat(api.grant("authorization_code", code=code, redirect_uri=CALLBACK, **wrong)) == "invalid_grant"
    right = api.grant("authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier)
    assert right.status_code == 200
    assert parameters(api.ask(code_challenge="x", code_challenge_method="plain"))["error"] == "invalid_request"


def test_a_refresh_keeps_the_scope_and_replaces_the_refresh_token(api):
    first = api.grant("authorization_code", code=api.code(granted="email"), redirect_uri=CALLBACK).json()
    second = api.grant("refresh_token", refresh_token=first["refresh_token"], scope="email userinfo").json()
    assert second["scope"] == "email"
    assert second["refresh_token"] != first["refresh_token"]
    assert flat(api.grant("refresh_token", refresh_token=first["refresh_token"])) == "invalid_grant"
    strange = {"client_id": "sandbox-no-role", "refresh_token": second["refresh_token"]}
    assert flat(api.grant("refresh_token", **strange)) == "invalid_grant"
    assert api.grant("refresh_token", refresh_token=second["refresh_token"]).status_code == 200


def test_client_credentials_are_for_the_keys_that_may_and_have_no_user(api):
    assert flat(api.grant("client_credentials")) == "unauthorized_client"
    body = api.grant("client_credentials", client_id="sandbox-private", scope="read_insights").json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert api.get("/me", body["access_token"]).status_code == 403
    assert api.get("/auth", body["access_token"]).json()["id"] is None


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody"}, "invalid_grant"),
    ],
)
def test_each_refusal_of_a_token_is_flat_and_named_in_the_header(api, form, error):
    right = {"grant_type": "password", "username": "cafecourts", "password": "sandbox-cafecourts"}
    assert flat(api.post("/oauth/token", data={**KEY, **right, **form})) == error
    assert api.world.tokens == {}


def test_credentials_count_in_the_form_alone(api):
    answer = api.post("/oauth/token", params=KEY | {"grant_type": "client_credentials"})
    assert flat(answer) == "invalid_client"
