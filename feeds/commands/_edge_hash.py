"""`feeds edge hash`: a login of the site, made of a password."""

import warnings
from getpass import GetPassWarning

import click


@click.command("hash", epilog="Example: feeds edge hash nord-1 --generate >> /etc/feeds/site-users")
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make the password, and show it once, at stderr.")
@click.option(
    "--for", "target", type=click.Choice(["nginx", "caddy", "netlify", "cloudflare"]), default="nginx",
    show_default=True, help="Who is to understand the hash: nginx and Caddy read the same.",
)  # fmt: skip
def command(name: str, generate: bool, target: str) -> None:
    """Print a login, a line of FEEDS_SITE_USERS.

    It has this NAME, and the hash of a password that is asked for twice, and never kept. While one rotates, the new
    one has a name of its own.
    """
    from feeds.core.errors import UsageError
    from feeds.formats import edge_hash
    from feeds.formats.htpasswd import is_name

    if not is_name(name):
        raise UsageError(f'"{name}" can be no login: use letters, digits and ._@+-, 64 at most.')
    bcrypt = target in {"nginx", "caddy"}
    if not bcrypt and not generate:
        raise UsageError(
            f"{target} has no time for a hash that protects a password of a person's making.\n"
            f"Have one made: feeds edge hash {name} --for {target} --generate"
        )
    if generate:
        password = edge_hash.generate()
    else:
        password = _asked(name)
        edge_hash.refuse_weak(password)
    its_hash = edge_hash.bcrypt_hash(password, generated=generate) if bcrypt else edge_hash.pbkdf2_hash(password)
    click.echo(f"{name}:{its_hash}")
    if generate:
        click.echo(f"The password, which is shown once: {password}", err=True)


def _asked(name: str) -> str:
    """Return a password that a person has typed twice. Raises UsageError without a terminal, which would show it."""
    from feeds.core.errors import UsageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    except GetPassWarning as error:
        raise UsageError(
            "A password is asked for at a terminal, and there is none.\n"
            f"Call this at one, or have a password made: feeds edge hash {name} --generate"
        ) from error
