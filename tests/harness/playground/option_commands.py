"""Commands of the tests' bot that take every kind of option: files, choices, nothing at all."""

import discord
from discord import app_commands

from tests.harness.discord_scene import Bot


def add_options(bot: Bot) -> None:
    """Commands that take what the product's do not."""

    @bot.tree.command(description="Take files")
    async def attach(
        interaction: discord.Interaction,
        image: discord.Attachment,
        audio: discord.Attachment | None = None,
        video: discord.Attachment | None = None,
        note: str = "",
    ) -> None:
        files = {"image": image, "audio": audio, "video": video}
        given = {name: file.filename for name, file in files.items() if file is not None}
        await interaction.response.send_message(f"{given} | {note}")

    nested = app_commands.Group(name="nested", description="Commands below one")

    @nested.command(description="Take a word")
    async def deep(interaction: discord.Interaction, word: str) -> None:
        await interaction.response.send_message(f"deep {word}")

    bot.tree.add_command(nested)

    @bot.tree.command(description="Take choices")
    @app_commands.choices(
        size=[app_commands.Choice(name=name, value=name[::-1]) for name in ("Large wide", "Large")]
    )
    async def choices(
        interaction: discord.Interaction, size: app_commands.Choice[str], text: str = ""
    ) -> None:
        await interaction.response.send_message(f"{size.name} | {text}")


def add_selects(bot: Bot) -> None:
    """Messages with selects."""

    @bot.tree.command(description="Choose a drink")
    async def drinks(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        names = ("tea", "milk", "juice", "water", "coffee", "cocoa")
        choices = [discord.SelectOption(label=name, value=name) for name in names]
        view.add_item(discord.ui.Select(custom_id="drink", options=choices))
        await interaction.response.send_message("drinks", view=view)


class RoleForm(discord.ui.Modal, title="Roles"):
    role: discord.ui.Label["RoleForm"] = discord.ui.Label(
        text="Role", component=discord.ui.RoleSelect(custom_id="role")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        menu = self.role.component
        assert isinstance(menu, discord.ui.RoleSelect)
        await interaction.response.send_message(f"form {[role.name for role in menu.values]}")


class RolePanel(discord.ui.View):
    """Roles, then roles and members."""

    @discord.ui.select(
        cls=discord.ui.RoleSelect, custom_id="roles", placeholder="Roles", max_values=2
    )
    async def roles(
        self, interaction: discord.Interaction, menu: discord.ui.RoleSelect["RolePanel"]
    ) -> None:
        text = f"roles {[(role.name, role.colour.value) for role in menu.values]}"
        await interaction.response.send_message(text)

    @discord.ui.select(cls=discord.ui.MentionableSelect, custom_id="any", placeholder="Anybody")
    async def anybody(
        self, interaction: discord.Interaction, menu: discord.ui.MentionableSelect["RolePanel"]
    ) -> None:
        kinds = [(type(one).__name__, one.name) for one in menu.values]
        await interaction.response.send_message(f"anybody {kinds}")


def add_roles(bot: Bot) -> None:
    """Commands that ask for roles."""

    @bot.tree.command(description="Choose roles")
    async def rolepanel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("a role panel", view=RolePanel(timeout=None))

    @bot.tree.command(description="Open a form for a role")
    async def roleform(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(RoleForm())

    @bot.tree.command(description="Take a role")
    async def role(
        interaction: discord.Interaction, role: discord.Role, other: discord.Role | discord.Member
    ) -> None:
        await interaction.response.send_message(f"role {role.name} | {other.name}")


def add_silence(bot: Bot) -> None:
    """Commands and controls to which the bot says nothing."""

    @bot.tree.command(description="Say nothing")
    async def silent(interaction: discord.Interaction) -> None:
        del interaction

    @bot.tree.context_menu(name="Say nothing")
    async def unmoved(interaction: discord.Interaction, message: discord.Message) -> None:
        del interaction, message

    @bot.tree.command(description="Show controls that do nothing")
    async def idle(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Idle", custom_id="idle"))
        choices = [discord.SelectOption(label=name, value=name) for name in ("one", "two")]
        view.add_item(discord.ui.Select(custom_id="idle select", options=choices))
        await interaction.response.send_message("idle controls", view=view)
