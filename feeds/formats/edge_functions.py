"""The site on Netlify or Cloudflare: a function before the files, and the host's own settings.

https://docs.netlify.com/build/edge-functions/api/ , https://developers.cloudflare.com/workers/static-assets/ . Both are
proven by running the functions under Node.js with stand-ins for the hosts; only the hosts can prove the rest. The app
is not served there: it needs a disk.
"""

import re

from feeds.core.errors import UsageError
from feeds.formats.edge import Site, render

# A free Worker has as many files: https://developers.cloudflare.com/workers/platform/limits/
CLOUDFLARE_FILES = 20_000


def render_netlify(site: Site, *, publish: str) -> dict[str, str]:
    """Return the files, by their paths in the folder that is deployed. `publish` is the site's folder, seen from there.

    Raises UsageError for an address that the host doesn't serve.
    """
    _refuse_address(site)
    return {
        "netlify.toml": render("netlify.toml", publish=publish),
        "netlify/edge-functions/feeds.js": render("netlify.js", platform="netlify", site=site),
    }


def render_cloudflare(site: Site, *, publish: str) -> dict[str, str]:
    """Return the files, by their paths in the folder that is deployed. `publish` is the site's folder, seen from there.

    Raises UsageError for an address that the host doesn't serve.
    """
    _refuse_address(site)
    worker = re.sub("[^a-z0-9]+", "-", site.address.host).strip("-")[:54].rstrip("-")
    return {
        "wrangler.jsonc": render("wrangler.jsonc", site=site, worker=worker, publish=publish),
        "worker.js": render("cloudflare.js", platform="cloudflare", site=site),
    }


def _refuse_address(site: Site) -> None:
    if site.address.scheme != "https" or site.address.port is not None:
        raise UsageError(f"network.base_url is {site.address}, and such a host serves https alone, at its own port.")
