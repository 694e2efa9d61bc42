"""The yardstick: the least discord.py that can answer a slash command with an embed.

Nothing is checked, stored or logged. Run in its own process, with the two URLs of a Discord and a
token as arguments; it imports nothing of ours, so that its memory is discord.py's alone.
"""

import sys
from typing import Final

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

FOOTER: Final = "Made with Kling. Results may be wrong; the requester is responsible for them."
MODELS: Final = tuple(f"model-{number}" for number in range(12))


class BareBot(discord.Client):
    """Answers `/image`, with a suggestion for its one optional option."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            guild_ready_timeout=0.05,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(image)

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()


@app_commands.command(name="image", description="Make a picture")
async def image(interaction: discord.Interaction, prompt: str, model: str = "model-0") -> None:
    """Answer with an embed of the size of our card."""
    body = f"In the queue: 1\n\n> {prompt}\n\nModel: {model} · Pictures: 1\nPrice: 8 units"
    embed = discord.Embed(title="Image", description=body, colour=0x5B6CFF)
    embed.set_footer(text=FOOTER)
    await interaction.response.send_message(embed=embed)


@image.autocomplete("model")
async def suggest(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Offer every model that begins with the typed text."""
    return [app_commands.Choice(name=n, value=n) for n in MODELS if n.startswith(current)]


if __name__ == "__main__":
    Route.BASE = sys.argv[1]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sys.argv[2])
    BareBot().run(sys.argv[3], log_handler=None)
