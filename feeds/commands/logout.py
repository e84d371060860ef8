"""`feeds logout`: end the login of `feeds login`, at Dailymotion and here."""

import click


@click.command("logout", epilog="Example: feeds logout")
def command() -> None:
    """End the login that `feeds login` has made: at Dailymotion, then in your state folder.

    It is removed here even if Dailymotion can't be told; then the exit code is 3.
    """
    import os

    from feeds.dailymotion.client import Client
    from feeds.dailymotion.errors import Broken, DailymotionError, Expired
    from feeds.dailymotion.parent import kept_login, renewed
    from feeds.settings import dailymotion_settings, login_file
    from feeds.storage.tokens import TokenFile

    settings, _ = dailymotion_settings(os.environ)
    kept = TokenFile(login_file(os.environ))
    if kept.read() is None:
        click.echo("Nobody is logged in here.")
        return
    if (token := kept_login(settings, kept)) is None:
        kept.remove()
        click.echo("Removed a login that was made with other settings; Dailymotion was not told.")
        return
    try:
        with Client(settings, token, renew=lambda seen: renewed(settings, seen, kept)) as client:
            client.log_out()
    except Expired:
        pass  # it was over already
    except DailymotionError as trouble:
        kept.remove()
        raise Broken(
            f"The login is removed here, but Dailymotion could not be told, and may take it until it ends.\n{trouble}"
        ) from trouble
    kept.remove()
    click.echo("Logged out.")
