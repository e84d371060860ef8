"""A network's status as metrics: the text exposition format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/ . Every series stands there also where its number is 0, so
that an alert never waits for one to appear; only the last publication and push are absent while there was none, and
of what needs a person a full disk and a stuck publication while there is none.
"""

from collections.abc import Iterable, Mapping

from feeds.core.listing import Reason
from feeds.core.status import Status, counted

Series = Iterable[tuple[Mapping[str, str], float]]


def render(status: Status) -> str:
    """Render the metrics; all are gauges."""
    states = ["listed", Reason.IMPORTED.value, *(each.value for each in Reason if each is not Reason.IMPORTED)]
    videos = {**status.held, "listed": status.listed, Reason.IMPORTED.value: status.imported}
    needs = [({"kind": need.value}, count) for need, count in counted(status).items()]
    published, pushed = status.publication, status.pushed
    names = [({"name": status.name}, 1)] if status.name is not None else []
    return "".join(
        [
            _gauge("network_info", "The network's name.", names),
            _gauge("users", "Users by their state.", [({"state": each}, n) for each, n in status.users.items()]),
            _gauge("users_in_list", "Users that users.json names.", [({}, status.in_list)]),
            _gauge(
                "videos",
                "Videos of the catalog: listed, imported, or why they are held.",
                [({"state": each}, videos.get(each, 0)) for each in states],
            ),
            _gauge("needs_a_person", "What needs a person, by kind.", needs),
            _gauge(
                "overdue_after_seconds",
                "How long a video may be listed before it counts as overdue.",
                [({}, status.overdue_after.total_seconds())],
            ),
            _gauge("journal_lines", "Events in the journal, not yet carried into Git.", [({}, status.backlog)]),
            _gauge(
                "last_publication_timestamp_seconds",
                "When the last build ended, as Unix time.",
                [({}, published.at.timestamp())] if published else [],
            ),
            _gauge(
                "last_publication_ok",
                "Whether the last build was published and without errors (1), or not (0).",
                [({}, published.published and not published.errors)] if published else [],
            ),
            _gauge(
                "last_push_timestamp_seconds",
                "When the last commit that was pushed was made, as Unix time.",
                [({}, pushed.timestamp())] if pushed else [],
            ),
        ]
    )


def _gauge(name: str, help_text: str, series: Series) -> str:
    lines = [f"feeds_{name}{_labels(labels)} {_number(value)}\n" for labels, value in series]
    return "".join([f"# HELP feeds_{name} {help_text}\n# TYPE feeds_{name} gauge\n", *lines]) if lines else ""


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
