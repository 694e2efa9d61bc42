"""Buttons, menus and forms: what a member presses, and what the bot hears."""

import discord
import pytest

from sandbox.discord import LocalRefusal, Upload
from tests.harness.discord_scene import Bot, Scene, connected


class Panel(discord.ui.View):
    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction: discord.Interaction, _: discord.ui.Button["Panel"]) -> None:
        await interaction.response.edit_message(content="pressed", view=None)

    @discord.ui.select(
        custom_id="pick",
        options=[discord.SelectOption(label=name, value=name) for name in ("left", "right")],
    )
    async def pick(
        self, interaction: discord.Interaction, menu: discord.ui.Select["Panel"]
    ) -> None:
        await interaction.response.send_message(f"picked {menu.values[0]}", ephemeral=True)


async def test_buttons_and_selects(scene: Scene) -> None:
    """A select answers privately, a button changes its message, and both vanish with the view."""
    bot = Bot()

    @bot.tree.command(description="Show a panel")
    async def panel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("panel", view=Panel(timeout=None))

    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "panel")
        message = (await used.answered()).message
        assert message is not None
        with pytest.raises(LocalRefusal, match="not offered"):
            await scene.world.choose(scene.member, message, "pick", ["up"])
        chosen = await scene.world.choose(scene.member, message, "pick", ["right"])
        assert (await chosen.answered()).message is not None
        assert chosen.message is not None
        assert chosen.message.content == "picked right"
        await (await scene.world.click(scene.member, message, "press")).answered()
        assert message.content == "pressed"
        with pytest.raises(LocalRefusal, match="does not see"):
            await scene.world.click(scene.member, message, "press")


class Form(discord.ui.Modal, title="Form"):
    name: discord.ui.Label["Form"] = discord.ui.Label(
        text="Name", component=discord.ui.TextInput(custom_id="name")
    )
    size: discord.ui.Label["Form"] = discord.ui.Label(
        text="Size",
        component=discord.ui.Select(
            custom_id="size", options=[discord.SelectOption(label="Big", value="big")]
        ),
    )
    proof: discord.ui.Label["Form"] = discord.ui.Label(
        text="Proof", component=discord.ui.FileUpload(custom_id="proof")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        values = []
        for label in (self.name, self.size, self.proof):
            part = label.component
            if isinstance(part, discord.ui.TextInput):
                values.append(part.value)
            elif isinstance(part, discord.ui.Select):
                values.append(part.values[0])
            elif isinstance(part, discord.ui.FileUpload):
                values.append(str(len(await part.values[0].read())))
        await interaction.response.send_message(" ".join(values))


async def test_modal(scene: Scene) -> None:
    """A form with a text, a select and an upload opens, is checked and arrives whole."""
    bot = Bot()

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "ask")
        await used.answered()
        with pytest.raises(LocalRefusal, match="required"):
            await scene.world.submit_modal(used, {"name": "Ada"})
        values = {"name": "Ada", "size": ["big"], "proof": [Upload(b"12345", "a.txt")]}
        sent = await scene.world.submit_modal(used, values)
        await sent.answered()
        assert sent.message is not None
        assert sent.message.content == "Ada big 5"
