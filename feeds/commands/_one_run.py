"""`feeds sync --previous`: one run of a publisher that keeps nothing, such as CI.

Its exit code tells whether what it has built may go online: 0 yes, 1 yes, though something was found, more: no.
"""

import os
import traceback
from dataclasses import replace

import click

from feeds.building.publishing import USER_LIST
from feeds.commands._previous import bring_with_origins
from feeds.commands._publishing import list_in, published_once
from feeds.core.errors import FeedsError
from feeds.syncing.sync import Pass, Plan, sync

FOUND, NOT_TO_BE_SHOWN = 1, 3
# A second pass is needed where somebody has pushed within the first.
_PASSES = 3


def run_once(plan: Plan, previous: str, target: str | None) -> int:
    """Compare with what is online, sync, and publish to a target, if one is given. Return the exit code.

    Raises what a person has to mend in the call or its settings.
    """
    try:
        plan = replace(plan, previous=bring_with_origins(previous, plan.out, os.environ))
        compared = list_in(plan.out)
        code = _carry_all(plan)
    except (FeedsError, OSError) as error:
        if isinstance(error, FeedsError) and error.exit_code != FOUND:
            raise
        click.echo(f"error: {error}", err=True)
        return NOT_TO_BE_SHOWN
    except Exception:  # the interpreter would end with 1, which here says that what was built may go online
        traceback.print_exc()
        return NOT_TO_BE_SHOWN
    if not (plan.out / USER_LIST).is_file():
        click.echo(f"error: {plan.out} has no site: nothing was built, and nothing was online before.", err=True)
        return NOT_TO_BE_SHOWN
    if not target or code > FOUND:
        return code
    published = published_once(target, plan.folders, plan.out, os.environ, compared=compared)
    return code if published else NOT_TO_BE_SHOWN


def _carry_all(plan: Plan) -> int:
    """Sync until nothing waits in the journal: what was listed has to be in Git before it is shown, or is lost."""
    from feeds.commands._pass_words import words_of

    codes = []
    for _ in range(_PASSES):
        done = sync(plan)
        click.echo(words_of(done, plan), nl=False)
        codes.append(code_of(done, plan))
        if done.remote_trouble or not done.backlog:
            return max(codes)
    return NOT_TO_BE_SHOWN


def code_of(done: Pass, plan: Plan) -> int:
    """Return the exit code of a pass."""
    if done.remote_trouble:
        return NOT_TO_BE_SHOWN
    return 0 if not done.troubles and (not plan.site or (done.report and done.report.good)) else FOUND
