import { message, repeated, string, uint64Id } from "../wire/schema.js";

/** How a member says where clients reach it; etcd has a request of its own for that, which no client can send either. */
export const PublishRequest = message("devious.PublishRequest", {
  member: uint64Id(1),
  clientUrls: repeated(string(2)),
});
