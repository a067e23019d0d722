/** What Riak's clients know a member as, and are told of it: Erlang's name of its node. */
export function riakName(member: string): string {
  return `${member}@${member}`;
}
