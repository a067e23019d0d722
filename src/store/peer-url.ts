const peerPortUsual = 2380;

/** Where a member is reached by its peers, as its URL says, e.g. `http://n4:2380`; undefined where that is no URL. */
export function parsePeerUrl(text: string): { readonly host: string; readonly peerPort: number } | undefined {
  if (!URL.canParse(text)) return undefined;
  const { hostname, port } = new URL(text);
  if (hostname === "") return undefined;
  return { host: hostname, peerPort: port === "" ? peerPortUsual : Number(port) };
}
