"""An explanation for people at a terminal."""

from feeds.core.explanation import Explanation, Fact
from feeds.formats.terminal import visible


def render(its: Explanation) -> str:
    """Render the explanation: the verdict, the facts with what says them, and what to do next."""
    title = f": {its.title}" if its.title and its.title != its.name else ""
    owner = f", of {its.user}" if its.user else ""
    lines = [f"{its.name}{owner}{title}", f"  {_sentence(its.verdict)}"]
    width = max((len(each.about) for each in its.facts), default=0)
    lines += [f"  {each.about:<{width}}  {_sentence(each)}" for each in its.facts]
    for reason, count in (its.counts or {}).items():
        names = (its.first or {}).get(reason, ())
        more = f", and {count - len(names):,} more" if count > len(names) else ""
        lines.append(f"  {count:>5,} {reason}" + (f": {', '.join(names)}{more}" if names else ""))
    lines += [f"next: {each}" for each in its.next]
    return "".join(f"{visible(line)}\n" for line in lines)


def _sentence(fact: Fact) -> str:
    words = fact.words + (f"  [{fact.event}]" if fact.event else "") + (f"  ({fact.place})" if fact.place else "")
    if fact.commit:
        name, author, subject = fact.commit
        words += f"  [{name[:10]} {author}: {subject}]"
    return words
