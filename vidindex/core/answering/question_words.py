"""Say in a line how a question was read."""

from vidindex.core.answering.question import Asked
from vidindex.core.formatting.terminal import one_line


def looked_for(asked: Asked) -> str:
    """`looked for “a red circle” before “a blue square” in camera cam3`."""
    relation = asked.relation
    parts = " and ".join(
        f"“{one_line(one)}”" for one in asked.searches or (asked.looked_for,) if one
    )
    what = parts or ("the whole" if relation.whole else "what happens")
    if relation.pick and not relation.order:
        what = f"the {relation.pick} of {what}"
    anchors = " and ".join(f"“{one_line(one.looked_for)}”" for one in asked.anchors)
    order = relation.order or ("or" if anchors else "")
    related = f" {order} {anchors}" if anchors else ""
    elsewhere = " on another camera" if relation.elsewhere else ""
    narrowed = f" in {asked.where_and_when}" if asked.where_and_when else ""
    return f"looked for {what}{elsewhere}{related}{narrowed}"
