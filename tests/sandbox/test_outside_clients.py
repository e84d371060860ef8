"""Other people's clients run against the stand-in: Dailymotion's own Python package and social-auth-core.

What they need of a server, and where they stumble, shows what the real Dailymotion is like: a stand-in that they
don't work with would be none. The packages are https://github.com/dailymotion/dailymotion-sdk-python 0.2.5 and
https://github.com/python-social-auth/social-core 7.0.0.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from dailymotion import (
    Dailymotion,
    DailymotionApiError,
    DailymotionAuthError,
    DailymotionClientError,
    DailymotionTokenExpired,
)
from freezegun import freeze_time
from social_core.backends.dailymotion import DailymotionOAuth2

from tests.sandbox.conftest import CALLBACK, SCOPES, parameters

CHILD, PARENT = "x2cafec0", "x1nord"


def package(api, grant_type="password", scope=SCOPES, **given):
    """Return Dailymotion's package, pointed at the stand-in and ready to ask for a token."""
    client = Dailymotion(
        api_base_url=api.url,
        oauth_authorize_endpoint_url=f"{api.url}/oauth/authorize",
        oauth_token_endpoint_url=f"{api.url}/oauth/token",
    )
    info = {"username": "cafecourts", "password": "sandbox-cafecourts"} if grant_type == "password" else {}
    if grant_type == "authorization":
        info = {"redirect_uri": CALLBACK}
    key = given.pop("key", "sandbox-key")
    client.set_grant_type(grant_type, api_key=key, api_secret="sandbox-secret", scope=scope.split(), info=info | given)
    return client


def consent(url, scope="email", decision="allow"):
    """Consent on the page that the package's URL leads to, and return what comes back."""
    form = {"account": CHILD, "scope": scope.split(), "decision": decision}
    return parameters(requests.post(url, data=form, allow_redirects=False))


def test_password_grant_then_adoption(api):
    client = package(api)
    assert client.get("/me") == {"id": CHILD, "screenname": "Cafecourts"}
    assert client.post(f"/me/parents/{PARENT}") == {}
    assert client.get(f"/me/parents/{PARENT}")["list"] == [{"id": PARENT, "screenname": "Nordclips"}]


def test_authorization_by_a_code(api):
    client = package(api, "authorization", scope="email")
    url = client.get_authorization_url(redirect_uri=CALLBACK, scope=["email"])
    assert parse_qs(urlsplit(url).query)["display"] == ["page"]
    answer = consent(url)
    assert answer.keys() == {"code"}
    client.get_access_token(request_args=answer)
    assert client.get("/me", {"fields": "id,email"}) == {"id": CHILD, "email": "cafecourts@sandbox.example"}


def test_refusal_surfaces_with_its_description(api):
    client = package(api, "authorization", scope="email")
    answer = consent(client.get_authorization_url(redirect_uri=CALLBACK, scope=["email"]), decision="deny")
    with pytest.raises(DailymotionAuthError, match="The user has denied"):
        client.get_access_token(request_args=answer)


def test_a_token_that_grows_old_is_refreshed_before_a_call(api):
    client = package(api, "authorization", scope="email userinfo")
    url = client.get_authorization_url(redirect_uri=CALLBACK, scope=["email", "userinfo"])
    first = client.get_access_token(request_args=consent(url, scope="email"))
    tokens = {first}
    for days in (1, 2):
        with freeze_time(datetime.now(UTC) + timedelta(days=days)):
            assert client.get("/me")["id"] == CHILD
            tokens.add(client.get_access_token())
    assert len(tokens) == 3


def test_a_401_makes_it_refresh_once_and_its_faulty_repeat_is_refused(api):
    client = package(api)
    client.get("/me")
    api.fail("expired-token path=/me")
    with pytest.raises(DailymotionApiError, match="needs an access token"):
        client.get("/me")
    assert [one["status"] for one in api.app.extensions["faults"].calls] == [200, 200, 401, 200, 400]
    assert client.get("/me")["id"] == CHILD


def test_its_faulty_repeat_can_be_taken(serve):
    api = serve(double_bearer=True)
    client = package(api)
    client.get("/me")
    api.fail("expired-token path=/me")
    assert client.get("/me")["id"] == CHILD
    api.fail("expired-token path=/me count=2")
    with pytest.raises(DailymotionTokenExpired, match="has expired"):
        client.get("/me")


def test_client_credentials_work_with_a_username_that_nobody_reads(api):
    with pytest.raises(KeyError, match="username"):
        package(api, "client_credentials", key="sandbox-private").get("/auth")
    client = package(api, "client_credentials", key="sandbox-private", username="anyone", scope="read_insights")
    assert client.get("/auth")["scope"] == ["read_insights"]


def test_a_refused_token_is_a_clean_error(api):
    with pytest.raises(DailymotionAuthError, match="The username or the password is wrong"):
        package(api, password="wrong").get("/me")


def test_an_api_error_keeps_its_type_and_message(api):
    with pytest.raises(DailymotionApiError, match="There is no user xnope") as caught:
        package(api).post("/me/parents/xnope")
    assert caught.value.type == "not_found"
    with pytest.raises(DailymotionApiError, match="does not have the role can-adopt-users"):
        package(api, key="sandbox-no-role").post(f"/me/parents/{PARENT}")


def test_every_success_has_a_body_that_it_can_read(api):
    client = package(api)
    assert client.post(f"/me/parents/{PARENT}") == {}
    parent = package(api, username="nordclips", password="sandbox-nordclips")
    assert parent.delete(f"/me/children/{CHILD}") == {}
    client.logout()
    api.fail("empty path=/me")
    with pytest.raises(DailymotionApiError, match="invalid JSON"):
        package(api).get("/me")


def test_a_list_of_fields_is_taken_as_it_sends_it(api):
    assert package(api).get("/me", {"fields": ["id", "username"]}) == {"id": CHILD, "username": "cafecourts"}


def test_a_connection_that_breaks_after_the_work_was_done_is_its_own_error(api):
    client = package(api)
    client.get("/me")
    api.fail("drop-after method=POST")
    with pytest.raises(DailymotionClientError, match="Network problem"):
        client.post(f"/me/parents/{PARENT}")
    assert client.get(f"/me/parents/{PARENT}")["total"] == 1


def test_a_call_that_hangs_ends_at_its_own_timeout(api):
    client = package(api)
    client.get("/me")
    client.timeout = 0.3
    api.fail("hang seconds=600")
    with pytest.raises(DailymotionApiError, match="times out"):
        client.get("/me")
    assert client.get("/me")["id"] == CHILD


# The package leaves the file for the garbage collector to close.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_a_file_goes_up_and_becomes_a_video(api, tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film" * 50_000)
    client = package(api)
    video = {
        "url": client.upload(str(film)),
        "title": "Film",
        "channel": "tv",
        "published": "true",
        "is_created_for_kids": "false",
    }
    made = client.post("/me/videos", video)
    assert client.get(f"/video/{made['id']}", {"fields": "title,status"}) == {"title": "Film", "status": "published"}


class Site:
    """What social-auth-core calls a strategy: a site that logs people in, as small as it can be."""

    def __init__(self):
        self.settings = {"KEY": "sandbox-key", "SECRET": "sandbox-secret", "SCOPE": ["email"]}
        self.answer, self.session = {}, {}
        self.storage = SimpleNamespace(nonce=SimpleNamespace(use=lambda *_: True, consume=lambda *_: True))

    def setting(self, name, default=None, backend=None):
        return self.settings.get(name, default)

    def request_data(self, merge=True):
        return self.answer

    def absolute_uri(self, path=None):
        return path

    def random_string(self, length):
        return "r" * length

    def session_get(self, name, default=None):
        return self.session.get(name, default)

    def session_pop(self, name):
        del self.session[name]

    def session_set(self, name, value):
        self.session[name] = value
        return value


def test_a_site_logs_in_by_social_auth_core(api):
    class Backend(DailymotionOAuth2):
        AUTHORIZATION_URL = f"{api.url}/oauth/authorize"
        ACCESS_TOKEN_URL = f"{api.url}/oauth/token"

        def user_data(self, access_token, *args, **kwargs):
            return self.get_json(f"{api.url}/auth/", params={"access_token": access_token})

    site = Site()
    backend = Backend(site, redirect_uri=CALLBACK)
    backend.data = site.answer = consent(backend.auth_url())
    assert site.answer.keys() == {"redirect_state", "code", "state"}
    token = backend.request_access_token(
        backend.access_token_url(), data=backend.auth_complete_params(backend.validate_state()), method="POST"
    )
    assert token["uid"] == CHILD
    user = backend.user_data(token["access_token"])
    assert backend.get_user_id(backend.get_user_details(user), user) == CHILD
    assert backend.get_user_details(user) == {"username": "Cafecourts"}
