import type { Answers, DataTypeRead } from "../leaderless/api.js";
import { defaultType } from "../leaderless/api.js";
import type { DataTypeOp } from "../leaderless/crdt/operations.js";
import { decode } from "../wire/decode.js";
import { ask, end, Refusal } from "./call.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";
import { DtFetchReq, DtFetchResp, DtUpdateReq, DtUpdateResp } from "./data-type-messages.js";
import { dataTypeNumber, operationOf, valueFields } from "./data-type-values.js";
import { dataTypeFailureText } from "./failures.js";
import { contextOf, objectName } from "./object-calls.js";
import { RpbCounterGetReq, RpbCounterGetResp, RpbCounterUpdateReq, RpbCounterUpdateResp } from "./object-messages.js";
import { readOptions, writeOptions } from "./quorums.js";

export const fetch: Call = (body, session, reply) => {
  const request = decode(DtFetchReq, body);
  const asked = { type: "fetchDataType", name: objectName(request), options: readOptions(request) } as const;
  const answered = ({ datatype, found }: Answers["fetchDataType"]): void =>
    end(reply, code.dtFetchResp, DtFetchResp, {
      type: dataTypeNumber(datatype),
      context: shownContext(found, request.includeContext),
      value: found && valueFields(found.value),
    });
  return ask(session, reply, asked, answered, dataTypeFailureText);
};

export const update: Call = (body, session, reply) => {
  const request = decode(DtUpdateReq, body);
  const op = operationOf(request.op);
  if (request.type === defaultType && op.kind !== "counter") throw new Refusal("non-counter operation on default bucket");
  const madeKey = request.key === undefined ? session.newKey() : undefined;
  const asked = {
    type: "updateDataType",
    name: objectName({ ...request, key: request.key ?? (madeKey as string) }),
    op,
    context: contextOf(request.context),
    options: writeOptions(request),
    returnBody: request.returnBody === true,
  } as const;
  const answered = (found: DataTypeRead | undefined): void =>
    end(reply, code.dtUpdateResp, DtUpdateResp, {
      key: madeKey,
      context: shownContext(found, request.includeContext),
      ...(found && valueFields(found.value)),
    });
  return ask(session, reply, asked, answered, dataTypeFailureText);
};

/** Unless the client does not want it. */
function shownContext(found: DataTypeRead | undefined, included = true): Uint8Array | undefined {
  return included ? contextOf(found?.context) : undefined;
}

/** Counters of Riak 1.4, which had no bucket types. */
export const getCounter: Call = (body, session, reply) => {
  const request = decode(RpbCounterGetReq, body);
  const name = objectName({ ...request, type: undefined });
  return ask(session, reply, { type: "fetchDataType", name, options: readOptions(request) }, ({ found }) =>
    end(reply, code.counterGetResp, RpbCounterGetResp, { value: counterValue(found) }),
  );
};

export const updateCounter: Call = (body, session, reply) => {
  const request = decode(RpbCounterUpdateReq, body);
  const op: DataTypeOp = { kind: "counter", increment: request.amount };
  const asked = {
    type: "updateDataType",
    name: objectName({ ...request, type: undefined }),
    op,
    context: undefined,
    options: writeOptions(request),
    returnBody: request.returnvalue === true,
  } as const;
  return ask(session, reply, asked, (found) =>
    end(reply, code.counterUpdateResp, RpbCounterUpdateResp, { value: counterValue(found) }),
  );
};

function counterValue(found: DataTypeRead | undefined): bigint | undefined {
  return found && valueFields(found.value).counterValue;
}
