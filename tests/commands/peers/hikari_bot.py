"""A bot in hikari: registers a command, posts a file with a button, edits it, answers both.

Run by `make peers` with a Python that has hikari; the project's own has not.
"""

import os

import hikari  # type: ignore[import-not-found]  # see above

bot = hikari.GatewayBot(
    os.environ["TOKEN"],
    rest_url=os.environ["API_ROOT"] + "/v10",
    banner=None,
    intents=hikari.Intents.GUILDS,
)


@bot.listen()  # type: ignore[untyped-decorator]  # as above
async def started(_: hikari.StartedEvent) -> None:
    """Do what a bot does of its own accord."""
    application = await bot.rest.fetch_application()
    await bot.rest.create_slash_command(application, "ping", "Answers")
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "press", label="Press")
    file = hikari.Bytes(b"bytes", "a.txt")
    channel_id = int(os.environ["CHANNEL"])
    posted = await bot.rest.create_message(channel_id, "first", attachment=file, component=row)
    await bot.rest.edit_message(channel_id, posted.id, "edited")


@bot.listen()  # type: ignore[untyped-decorator]  # as above
async def asked(event: hikari.InteractionCreateEvent) -> None:
    """Answer the command, then the button, and end."""
    interaction = event.interaction
    if isinstance(interaction, hikari.CommandInteraction):
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "pong")
    elif isinstance(interaction, hikari.ComponentInteraction):
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "pressed")
        await bot.close()


bot.run(check_for_updates=False)
