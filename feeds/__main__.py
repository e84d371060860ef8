"""`python -m feeds`: each command is a module of feeds/commands, loaded when it is called."""

import sys

import click

# Name and one line each: what --help shows must not load what the commands need.
COMMANDS = {
    "archive": "Put imported videos out of the editors' sight.",
    "build": "Render users.json and the feeds from the catalog and the results.",
    "check": "List every fault of the catalog, with its line and what to do.",
    "children": "Look at the fields of a partner's account, and write them.",
    "doctor": "See whether all is set up for partners to join, and confirm the parent account.",
    "edge": "Write the configuration of the web server or host that serves the site.",
    "explain": "Say why a video is or is not in the feed, and what to do next.",
    "handover": "Print the letter to the content manager at Dailymotion.",
    "history": "Show who changed what of a video or a user, and when.",
    "import": "Take in videos from a feed, a CSV or a JSON file, or an address.",
    "login": "Log in at Dailymotion with the parent account, in a browser.",
    "logout": "End that login, at Dailymotion and here.",
    "new": "Start a catalog folder that builds at once.",
    "notify": "Tell by the webhook what newly needs a person.",
    "partners": "See who is in the network and who asks to be, and decide about them.",
    "plan": "Show what an edit of the catalog will do, before it is pushed.",
    "publish": "Bring the built site to a folder or to object storage.",
    "push": "Send a corrected entry to Dailymotion, for a video imported before.",
    "preview": "Show each feed on a local page, with what is wrong beside each video.",
    "reconcile": "Compare catalog and events with what really is on Dailymotion.",
    "report": "Report revenues, numbers of the accounts, and imports.",
    "rehearse": "Play the whole loop on a scratch copy: push, sync, crawl, call back.",
    "results": "Look at what came back from Dailymotion, and record what people know.",
    "schema": "Print the JSON Schema by which editors complete and check.",
    "status": "Show where the network stands, and what needs a person.",
    "sync": "Carry events into Git, take in what editors pushed, publish the site.",
    "takedown": "Take down at Dailymotion what should be online no more.",
    "upload": "Upload a film to the account of a partner.",
    "serve": "Serve the site and the app on this machine, until ^C.",
}


class _Lazy(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"feeds.commands.{cmd_name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f": did you mean {near[0]}?" if near else "."
            ctx.fail(f'"{args[0]}" is no command{hint}')
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Syndicate a network's videos to Dailymotion: feed = catalog - results.

    Exit codes: 0 fine, 1 findings or a refused build, 2 usage, 3 remote trouble, 130 interrupted.
    """


def run() -> int:
    """Run a command and return its exit code: every error that we know ends as a sentence, not a traceback."""
    try:
        outcome = main(standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except OSError as error:  # below stdout, say: what happens to our own files is a FeedsError
        click.echo(f"error: {error.filename or 'The output'}: {error.strerror}.", err=True)
        return 1
    except Exception as error:
        from feeds.core.errors import FeedsError

        if not isinstance(error, FeedsError):
            raise
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    return outcome if isinstance(outcome, int) else 0


if __name__ == "__main__":
    sys.exit(run())
