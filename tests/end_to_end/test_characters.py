"""`/character`: made once, cited as `@name` by those who may, and deleted here and at Kling."""

from typing import Any

from sandbox.discord import Interaction
from sandbox.kling.orders import ElementMade, PictureDrawing
from storage.job import Job, State
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town, card_text, custom_ids, png

DELETE = "/v1/general/delete-advanced-elements"
CREATE = "general/advanced-custom-elements"
IMAGE_MODEL = "kling-v3"


async def made(town: Town, name: str = "Ana", **options: Any) -> Job:
    """Make a character and return its job, once it has ended."""
    shown = {"image", "video"} & options.keys()
    looks: dict[str, Any] = options if shown else {"image": png(), **options}
    await town.ask("character create", name=name, **looks)
    jobs = await town.settled()
    assert jobs[0].state is State.DONE
    return jobs[0]


def element_of(town: Town) -> str:
    """Kling's id of the newest element."""
    tasks = [t for t in town.kling.creates if isinstance(t.order.drawing, ElementMade)]
    return tasks[-1].media_id(0)


async def gone_at_kling(town: Town, *elements: str) -> None:
    await town.kling.until(lambda: set(elements) <= set(town.kling.deleted_elements))


def words_of(asked: Interaction) -> str:
    assert asked.message is not None
    assert asked.ephemeral
    return card_text(asked.message)


async def test_a_character_is_made_cited_and_deleted(either: Town) -> None:
    """One message, free, no file; the prompt is Kling's, and deleting reaches Kling."""
    looks = {"image": png(colour="red"), "image_2": png(colour="blue")}
    job = await made(either, "Ana", description="a girl in red", **looks)
    [post] = either.posts()
    assert post.attachments == []
    assert "`@Ana`" in post.content
    assert any(one.startswith(f"kling:again:{job.id}:r-0") for one in custom_ids(post))
    assert (job.units_price, job.units_spent, job.units_held) == (0, 0, 0)
    [(path, body)] = either.orders()
    assert path.endswith(CREATE)
    assert (body["element_name"], body["element_description"]) == ("Ana", "a girl in red")
    element = element_of(either)
    await either.ask("image", prompt="@ana at the sea", model=IMAGE_MODEL)
    await either.posted(2)
    (_, body) = either.orders()[-1]
    assert body["prompt"] == "<<<element_1>>> at the sea"
    assert body["element_list"] == [{"element_id": int(element)}]
    drawing = either.kling.creates[-1].order.drawing
    assert isinstance(drawing, PictureDrawing)
    assert len(drawing.sources) == 1
    assert "`@Ana` · from images · yours" in words_of(await either.ask("character list"))
    assert "`@ana` is deleted" in words_of(await either.ask("character delete", name="@ana"))
    await gone_at_kling(either, element)
    assert "no character `@Ana`" in words_of(await either.ask("character delete", name="Ana"))
    assert "no characters yet" in words_of(await either.ask("character list"))
    assert_posted_once(either.posts(), 2)
