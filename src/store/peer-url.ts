/**
 * Where a member is reached by its peers, as its URL says: `http://n4:2380`, with a port and no path, as etcd wants it. Undefined where it is
 * anything else; TLS is not spoken between members.
 */
export function parsePeerUrl(text: string): { readonly host: string; readonly peerPort: number } | undefined {
  const [, host, port] = /^http:\/\/([^\s/?#@:[\]]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host, peerPort: Number(port) };
}
