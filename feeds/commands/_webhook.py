"""One POST to the network's webhook, whose address is a secret: no message, log or traceback of ours holds it."""

import threading

from feeds.core.errors import FeedsError

# Seconds to connect and between two reads, and seconds for all of it: a name server may hang, and an answer trickle.
READ_S, ANSWER_S = 10.0, 30.0


class NotTold(FeedsError):
    """The webhook did not take the message, or did not say so: it is told at the next time."""

    exit_code = 3


def send(url: str, body: bytes, *, answer_s: float = ANSWER_S) -> None:
    """POST a JSON body. Raises NotTold unless a 2xx comes back in time; redirects aren't followed, no body is read.

    It isn't tried again here: a POST that got no answer may have arrived, and the next run is soon enough.
    """
    outcome: list[str] = []
    thread = threading.Thread(target=lambda: outcome.append(_post(url, body)), daemon=True)
    thread.start()
    thread.join(answer_s)
    why = outcome[0] if outcome else f"gave no answer within {answer_s:g} seconds"
    if why:
        raise NotTold(f"The webhook {why}. Nothing is lost: it is tried again at the next `feeds notify`.")


def _post(url: str, body: bytes) -> str:
    """Return an empty text where the webhook took the body, or why not, in words of ours alone."""
    import requests

    try:
        with requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "feeds", "Connection": "close"},
            timeout=READ_S,
            allow_redirects=False,
            stream=True,
        ) as answer:
            status = answer.status_code
    except requests.exceptions.SSLError:
        return "has a certificate that could not be verified"
    except requests.Timeout:
        return f"gave no answer within {READ_S:g} seconds"
    except requests.ConnectionError:
        return "could not be reached, or broke the connection"
    # Whatever else it is, its own words may hold the address.
    except Exception as error:
        return f"could not be called ({type(error).__name__}); is FEEDS_NOTIFY_URL right?"
    if 300 <= status < 400:
        return f"answered {status}, a redirect, which isn't followed: set FEEDS_NOTIFY_URL to where it leads"
    return "" if 200 <= status < 300 else f"answered {status}"
