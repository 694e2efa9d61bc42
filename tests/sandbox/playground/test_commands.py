"""Each command of the real bot, by mouse and by keyboard, to what it makes."""

import base64
import re

import pytest
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, expect

from sandbox.kling import mark_of, read_mark
from sandbox.kling.samples import clip_with_faces, portrait, speech
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import (
    AT_END,
    command,
    drop,
    hold_uploads,
    messages,
    opened,
)

pytestmark = pytest.mark.sweep

CLIP_SIZE = (640, 512)
PIXELS = """async (shown) => {
  if (shown.decode) await shown.decode();
  const canvas = document.createElement("canvas");
  canvas.width = shown.naturalWidth || shown.videoWidth;
  canvas.height = shown.naturalHeight || shown.videoHeight;
  canvas.getContext("2d").drawImage(shown, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
PLAYS = "(clip) => clip.currentTime > 0.3"


def file(name: str, kind: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType=kind, buffer=data)


def results(page: Page, words: str) -> Locator:
    """The messages that bring what was made from these words."""
    return messages(page).filter(has_text=re.compile(f"(is|are) ready[^]*{words}"))


async def mark_in(shown: Locator) -> bytes:
    """Which prompt the pixels of a picture or a clip say they were made from."""
    return read_mark(base64.b64decode(await shown.evaluate(PIXELS)))


async def plays(clip: Locator) -> None:
    """Wait until a clip has gone on from its start."""
    element = await clip.element_handle()
    await clip.page.wait_for_function(PLAYS, arg=element)


async def choose_option(page: Page, name: str) -> None:
    """Add an option to the command, by mouse."""
    await page.get_by_role("combobox", name="Add an option").click()
    await page.get_by_role("option", name=name, exact=False).first.click()


async def give_file(page: Page, option: str, given: FilePayload, *, by_key: bool) -> None:
    """Fill a file option through the dialog of the system."""
    pill = page.get_by_role("button", name=f"{option}: ")
    async with page.expect_file_chooser() as choosing:
        await (pill.press("Enter") if by_key else pill.click())
    await (await choosing.value).set_files([given])
    await expect(pill).to_contain_text(given["name"])


async def test_pictures_by_keyboard(playing: Ground, browser: BrowserContext) -> None:
    """Slash, letters, Enter, the prompt, an option, Enter: two pictures with the right pixels."""
    prompt = "a paper boat on a quiet river"
    page = await opened(browser, playing.url)
    keys = page.keyboard
    await keys.type("/im")
    image = page.get_by_role("option", name="/image")
    await expect(image).to_have_attribute("aria-selected", "true")
    for key in ("Enter", *prompt, "Tab", "n", "Enter", "2", "Tab", "Escape", "Enter"):
        await (keys.press(key) if len(key) > 1 else keys.type(key))
    await expect(page.get_by_label("Message #studio")).to_have_value("")
    await expect(page.get_by_role("article").last).to_contain_text(prompt)
    pictures = page.get_by_role("button", name=f"Open {prompt}").locator("img")
    await expect(pictures).to_have_count(2)
    for picture in await pictures.all():
        assert await mark_in(picture) == mark_of(prompt)
    await page.wait_for_function(AT_END)


async def test_a_picture_by_mouse(playing: Ground, browser: BrowserContext) -> None:
    """The same without a key but for the words, from a picture that is attached."""
    prompt = "the same person by the sea"
    page = await opened(browser, playing.url)
    await page.get_by_label("Message #studio").fill("/")
    await page.get_by_role("option", name="/image").click()
    await page.get_by_label("prompt: ").fill(prompt)
    await choose_option(page, "image")
    await give_file(page, "image", file("me.png", "image/png", portrait()), by_key=False)
    await page.get_by_role("button", name="Send").click()
    picture = page.get_by_role("button", name=f"Open {prompt}").locator("img")
    assert await mark_in(picture) == mark_of(prompt)


async def test_a_command_is_sent_once_to_where_it_was_filled_in(
    playing: Ground, browser: BrowserContext
) -> None:
    """Enter twice while a file is on its way, then another channel: one job, in the first."""
    prompt = "the same person in the rain"
    page = await opened(browser, playing.url)
    arrive = await hold_uploads(page)
    await page.keyboard.type("/image ")
    await page.keyboard.type(prompt)
    await drop(page, file("me.png", "image/png", portrait()))
    await expect(page.get_by_role("button", name="image: ")).to_contain_text("me.png")
    await page.get_by_label("prompt: ").press("Enter")
    await page.get_by_label("prompt: ").press("Enter")
    channels = page.get_by_role("navigation")
    await channels.get_by_role("button", name="lounge").click()
    arrive.set()
    await expect(channels.locator(".unread")).to_contain_text(["studio"])
    await command(page, "help")
    await expect(messages(page).last).to_contain_text("What I can do")
    await channels.get_by_role("button", name="studio").click()
    picture = page.get_by_role("button", name=f"Open {prompt}").locator("img")
    await expect(picture).to_have_count(1)
    assert [task.order.prompt for task in playing.bot.kling.creates].count(prompt) == 1


async def test_a_clip_by_keyboard(playing: Ground, browser: BrowserContext) -> None:
    """A clip arrives, Space plays it, and its frames are those of the prompt."""
    prompt = "a kite over the dunes"
    page = await opened(browser, playing.url)
    await page.keyboard.type("/video ")
    await page.keyboard.type(prompt)
    await page.keyboard.press("Enter")
    clip = page.get_by_label(prompt, exact=True)
    await clip.focus()
    await page.keyboard.press("Space")
    await plays(clip)
    assert await mark_in(clip) == mark_of(prompt)


async def test_a_clip_by_mouse(playing: Ground, browser: BrowserContext) -> None:
    """A clip from words arrives, and a click plays it."""
    prompt = "a lamp lighting up"
    page = await opened(browser, playing.url)
    await page.get_by_label("Message #studio").fill("/vid")
    await page.get_by_role("option", name="/video").click()
    await page.get_by_label("prompt: ").fill(prompt)
    await page.get_by_role("button", name="Send").click()
    clip = page.get_by_label(prompt, exact=True)
    await clip.click()
    await plays(clip)
    assert await mark_in(clip) == mark_of(prompt)


async def test_a_lip_sync_by_keyboard(playing: Ground, browser: BrowserContext) -> None:
    """Two files, then a face of two chosen with arrow keys: the clip comes and plays."""
    page = await opened(browser, playing.url)
    clips = page.locator("video")
    before = await clips.count()
    await page.keyboard.type("/lipsync ")
    await page.get_by_role("combobox", name="Add an option").focus()
    await page.keyboard.type("audio")
    await page.keyboard.press("Enter")
    await give_file(page, "audio", file("hum.mp3", "audio/mpeg", speech(2.5)), by_key=True)
    await page.get_by_role("combobox", name="Add an option").focus()
    await page.keyboard.type("video")
    await page.keyboard.press("Enter")
    people = clip_with_faces(2, 3.0, CLIP_SIZE)
    await give_file(page, "video", file("two.mp4", "video/mp4", people), by_key=True)
    await page.keyboard.press("Enter")
    faces = page.get_by_role("combobox", name="Which face should speak?")
    await faces.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(clips).to_have_count(before + 1)
    await clips.last.focus()
    await page.keyboard.press("Space")
    await plays(clips.last)


async def test_a_lip_sync_by_mouse(playing: Ground, browser: BrowserContext) -> None:
    """Both files are dropped onto the command, the face is clicked."""
    page = await opened(browser, playing.url)
    await page.get_by_role("navigation").get_by_role("button", name="lounge").click()
    await page.get_by_label("Message #lounge").fill("/")
    await page.get_by_role("option", name="/lipsync").click()
    hum = file("hum.mp3", "audio/mpeg", speech(2.5))
    await drop(page, hum, file("two.mp4", "video/mp4", clip_with_faces(2, 3.0, CLIP_SIZE)))
    await expect(page.get_by_role("button", name="video: ")).to_contain_text("two.mp4")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("combobox", name="Which face should speak?").click()
    await messages(page).get_by_role("option").last.click()
    clip = page.locator("video")
    await clip.click()
    await plays(clip)


async def test_the_bot_proposes_what_it_can_do(playing: Ground, browser: BrowserContext) -> None:
    """Typing into an option asks the bot; one of its proposals is picked and reaches Kling."""
    prompt = "a red kite in a grey sky"
    page = await opened(browser, playing.url)
    await page.keyboard.type("/video ")
    await page.keyboard.type(prompt)
    await page.keyboard.press("Tab")
    await page.keyboard.type("model")
    await page.keyboard.press("Enter")
    proposals = page.get_by_role("listbox", name="Choices for model").get_by_role("option")
    await page.keyboard.type("v2-1")
    await expect(proposals.filter(has_not_text="v2-1")).to_have_count(0)
    await proposals.get_by_text("kling-v2-1-master").click()
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    await messages(page).get_by_role("button", name="Start", exact=True).click()  # it is dear
    await expect(page.get_by_label(prompt, exact=True)).to_be_visible()
    tasks = [task for task in playing.bot.kling.creates if task.order.prompt == prompt]
    assert [task.order.model for task in tasks] == ["kling-v2-1-master"]


async def test_jobs_and_help(playing: Ground, browser: BrowserContext) -> None:
    """By keyboard and by mouse, both answer the member alone."""
    page = await opened(browser, playing.url)
    private = messages(page).filter(has_text="Only you can see this")
    there = await private.count()
    for name, words in (("help", "What I can do"), ("jobs", "job")):
        await command(page, name)
        await expect(private).to_have_count(there + 1)
        await expect(private.last).to_contain_text(words)
        await page.get_by_label("Message #studio").fill(f"/{name}")
        await page.get_by_role("option", name=f"/{name}").click()
        await page.get_by_role("button", name="Send").click()
        await expect(private).to_have_count(there + 2)
        there += 2


async def test_members_see_their_own_answers(playing: Ground, browser: BrowserContext) -> None:
    """Two members look at one channel: each sees the private answer to them, and no other."""
    mine, other = await opened(browser, playing.url), await opened(browser, playing.url)
    for page, name in ((mine, "moderator"), (other, "newcomer")):
        await page.get_by_role("radio", name=name).check()
        await page.get_by_role("navigation").get_by_role("button", name="storyboard").click()
        await expect(page.get_by_label("Message #storyboard")).to_be_focused()
    await command(mine, "help")
    await command(other, "jobs")
    await expect(messages(mine)).to_have_count(1)
    await expect(messages(other)).to_have_count(1)
    await expect(messages(mine)).to_contain_text("What I can do")
    await expect(messages(other)).not_to_contain_text("What I can do")
    await mine.get_by_role("button", name="Dismiss message").click()
    await expect(messages(mine)).to_have_count(0)
    await expect(messages(other)).to_have_count(1)
