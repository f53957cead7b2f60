"""`dunnock play SCENARIO`: tells a story to the running stack, or to the rules in this process."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dunnock.embedded.problems import Problem
from dunnock.playing.driver import Driver
from dunnock.playing.frame import Frame
from dunnock.playing.in_process import in_process
from dunnock.playing.player import Player, StoryFailed
from dunnock.playing.story import Story, find, shipped


def run_play(chosen: argparse.Namespace) -> int:
    """What the command line chose; gives the exit code."""
    try:
        return _run(chosen)
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(chosen: argparse.Namespace) -> int:
    if chosen.list:
        list_scenarios()
        return 0
    if not chosen.scenario:
        raise Problem("Name a scenario, or see which there are with `dunnock play --list`.")
    return play(chosen.scenario, stack=chosen.stack, within=chosen.in_process)


def list_scenarios() -> None:
    """Print the name and the title of every scenario that comes with the product."""
    for name in shipped():
        print(f"{name:<40}  {find(name).head.title}")


def play(name: str, *, stack: str | None, within: bool) -> int:
    """Play it; 0 when everything came out as the story says, 1 otherwise.

    Raises Problem for a scenario or a stack that cannot be played (on).
    """
    return asyncio.run(_play(find(name), stack, within=within))


async def _play(story: Story, stack: str | None, *, within: bool) -> int:
    print(f"{story.head.title}\n({story.head.proves})")
    async with _opened(story, stack, within=within) as (driver, frame):
        player = Player(story, driver, frame, print)
        try:
            await player.play()
        except StoryFailed as failed:
            print(f"\n✗ {failed}")
            return 1
        print(f"\nTimeline of {story.name} (local time, {story.head.zone})")
        for entry in player.timeline:
            print(f"  {entry.line(story.head.zone)}")
        for line in await player.ending():
            print(f"  {line}")
        print("\n✓ Everything came out as the story says, and nothing else.")
        return 0


@asynccontextmanager
async def _opened(
    story: Story, stack: str | None, *, within: bool
) -> AsyncIterator[tuple[Driver, Frame]]:
    if within:
        async with in_process(story.head.starts) as world:
            yield world, Frame(story.head.zone)
        return
    from dunnock.playing.addresses import addresses
    from dunnock.playing.on_stack import on_stack

    async with on_stack(addresses(stack), story) as opened:
        yield opened
