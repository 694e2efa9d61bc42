// A bot in discord.js: registers a command, posts a file with a button, edits it, answers both.
import {
  ActionRowBuilder, AttachmentBuilder, ButtonBuilder, ButtonStyle, Client, GatewayIntentBits,
} from "discord.js";

const { API_ROOT, TOKEN, CHANNEL } = process.env;
const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: API_ROOT } });

client.once("clientReady", async () => {
  await client.application.fetch();
  await client.application.commands.create({ name: "ping", description: "Answers" });
  const channel = await client.channels.fetch(CHANNEL);
  const button = new ButtonBuilder()
    .setCustomId("press").setLabel("Press").setStyle(ButtonStyle.Primary);
  const posted = await channel.send({
    content: "first",
    files: [new AttachmentBuilder(Buffer.from("bytes"), { name: "a.txt" })],
    components: [new ActionRowBuilder().addComponents(button)],
  });
  await posted.edit("edited");
});

client.on("interactionCreate", async (interaction) => {
  if (interaction.isChatInputCommand()) await interaction.reply("pong");
  if (interaction.isButton()) {
    await interaction.update("pressed");
    await client.destroy();
  }
});

client.login(TOKEN);
