"""`/image` from the command to the posted pictures."""

from sandbox.kling import mark_of, read_mark
from storage.job import State
from tests.harness.town import Town, card_text, png


async def test_words_become_a_picture_in_the_channel(both: Town) -> None:
    """What was asked for in words is posted as a file that bears the mark of those words."""
    asked = await both.ask("image", prompt="a lighthouse in a storm")
    card = both.card_of(asked)
    assert not card.ephemeral
    assert "a lighthouse in a storm" in card_text(card)
    [post] = await both.posted()
    [file] = post.attachments
    assert file.data is not None
    assert read_mark(file.data) == mark_of("a lighthouse in a storm")
    assert file.description == "a lighthouse in a storm"
    assert post.reference == card.id
    assert post.mentions == [both.member]
    await both.card_says(asked, "Done")
    [job] = await both.store.list_jobs()
    assert job.state is State.DONE
    assert len(both.kling.creates) == 1


async def test_a_picture_goes_along(both: Town) -> None:
    """A picture that was attached arrives at Kling as the source."""
    await both.ask("image", prompt="as a painting", image=png(), model="kling-v2")
    [post] = await both.posted()
    assert len(post.attachments) == 1
