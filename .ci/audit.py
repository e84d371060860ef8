"""Ask what is known against the pinned packages: `python .ci/audit.py requirements.txt ...`; `make lint` does.

pip-audit asks the Python Packaging Advisory Database by PyPI's JSON API
(https://github.com/pypa/pip-audit#readme). Where a machine has a mirror of packages instead, something else answers at
that address, or nothing: pip-audit then says "not found on PyPI" of every package, and ends with 0 as if all were well.
Here it is said that nothing was audited.

Exit codes: 0 audited and nothing known, 1 something is known, 3 not audited.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOT_AUDITED = 3
# The names of its and of requests' errors, by which pip-audit's traceback ends where its service gives no answer.
_NO_ANSWER = (
    "ConnectionError",
    "ServiceError",
    "Timeout",
    "HTTPError",
    "Could not connect",
    "not redirecting properly",
)


def audit(files: Sequence[str], pip_audit: Sequence[str]) -> tuple[int, str]:
    """Return the exit code, and what there is to say."""
    requirements = [word for file in files for word in ("--requirement", file)]
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json"]
    done = subprocess.run([*pip_audit, *options, *requirements], capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if any(word in done.stderr for word in _NO_ANSWER):
            return NOT_AUDITED, f"Not audited: the advisory service gave no answer ({last[:200]})."
        return 1, f"pip-audit ended with {done.returncode}: {last[:500]}"
    return _judged(dependencies)


def _judged(dependencies: Sequence[dict[str, Any]]) -> tuple[int, str]:
    known = [_said(each, fault) for each in dependencies for fault in each.get("vulns", ())]
    skipped = [str(each["name"]) for each in dependencies if "skip_reason" in each]
    words = list(known)
    if skipped:
        which = "any" if len(skipped) == len(dependencies) else ", ".join(skipped)
        words.append(
            f"Not audited: of {len(dependencies)} packages the advisory service doesn't know {which}. Does a mirror "
            "answer in its place? Run `make audit` where PyPI's JSON API can be reached."
        )
    if not words:
        words.append(f"{len(dependencies)} packages audited, nothing is known against them.")
    return 1 if known else NOT_AUDITED if skipped or not dependencies else 0, "\n".join(words)


def _said(dependency: dict[str, Any], fault: dict[str, Any]) -> str:
    mended = ", ".join(fault["fix_versions"]) or "no version yet"
    what = " ".join(str(fault.get("description", "")).split())[:300]
    return f"{dependency['name']} {dependency['version']}: {fault['id']}, mended in {mended}. {what}"


if __name__ == "__main__":
    code, said = audit(sys.argv[1:], [str(Path(sys.executable).with_name("pip-audit"))])
    print(said, file=sys.stderr if code else sys.stdout)
    sys.exit(code)
