// Names that are typed, as the ids that Discord sends: @member, @role and #channel.

const NAME = /([@#])([\p{L}\p{N}_-]+)/gu;

/** Return what was typed with every known name as a mention. */
export function withMentions(text, { members, roles, channels }) {
  const groups = [...roles.values()].filter(({ mentionable }) => mentionable).map(({ id, name }) => [name.toLowerCase(), `<@&${id}>`]);
  const people = new Map([...groups, ...[...members.values()].map(({ id, name }) => [name.toLowerCase(), `<@${id}>`])]);
  const places = new Map(channels.filter(({ kind }) => kind !== "dm").map(({ id, name }) => [name.toLowerCase(), `<#${id}>`]));
  return text.replace(NAME, (whole, sign, name) => (sign === "@" ? people : places).get(name.toLowerCase()) ?? whole);
}
