"""Every shipped scenario as a test of its own name: `pytest -k defect_09` plays that one."""

from __future__ import annotations

import pytest

from dunnock.playing.frame import Frame
from dunnock.playing.in_process import in_process
from dunnock.playing.player import Player
from dunnock.playing.story import find, shipped

#: Those for a stack are played by tests/integration/test_play.py.
HERE = [name for name in shipped() if find(name).head.only != "stack"]


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("last_topic_first", [False, True], ids=["", "other-order"])
async def test_story(name: str, *, last_topic_first: bool) -> None:
    """The story is true of the product's rules, to the last message.

    Also when what was published at once is read in the other order: between topics there is none.
    """
    story = find(name)
    async with in_process(story.head.starts, last_topic_first=last_topic_first) as world:
        await Player(story, world, Frame(story.head.zone)).play()
