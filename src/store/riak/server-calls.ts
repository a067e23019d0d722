import { decode } from "../wire/decode.js";
import { RpbGetClientIdResp, RpbGetServerInfoResp, RpbSetClientIdReq } from "./bucket-messages.js";
import { end } from "./call.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";

/** Whose protocol this is, and as of when. */
const serverVersion = "2.2.3";

export const ping: Call = (_body, _session, reply) => {
  reply.end(code.pingResp);
  return undefined;
};

export const serverInfo: Call = (_body, { store }, reply) => {
  end(reply, code.getServerInfoResp, RpbGetServerInfoResp, { node: store.nodeName, serverVersion });
  return undefined;
};

export const getClientId: Call = (_body, { clientId }, reply) => {
  end(reply, code.getClientIdResp, RpbGetClientIdResp, { clientId });
  return undefined;
};

export const setClientId: Call = (body, session, reply) => {
  // a copy: what was decoded is a view of all that the socket gave
  session.clientId = Buffer.from(decode(RpbSetClientIdReq, body).clientId);
  reply.end(code.setClientIdResp);
  return undefined;
};
