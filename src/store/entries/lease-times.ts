import { int64, int64Id, message, nested, repeated } from "../wire/schema.js";

const LeaseMark = message("devious.LeaseMark", { id: int64Id(1, "ID"), serial: int64(2) });

const LeaseRemaining = message("devious.LeaseRemaining", { id: int64Id(1, "ID"), serial: int64(2), sec: int64(3) });

/** How `LeaseTimes` stand in a log entry: etcd's own messages know no serials. */
export const LeaseTimesRequest = message("devious.LeaseTimesRequest", {
  expired: repeated(nested(1, LeaseMark)),
  remaining: repeated(nested(2, LeaseRemaining)),
});
