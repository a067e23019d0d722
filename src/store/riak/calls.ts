import * as buckets from "./bucket-calls.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";
import * as dataTypes from "./data-type-calls.js";
import { index } from "./index-calls.js";
import * as lists from "./list-calls.js";
import * as objects from "./object-calls.js";
import * as server from "./server-calls.js";

/** Every request that is answered, by its code. */
export const calls: ReadonlyMap<number, Call> = new Map([
  [code.pingReq, server.ping],
  [code.getClientIdReq, server.getClientId],
  [code.setClientIdReq, server.setClientId],
  [code.getServerInfoReq, server.serverInfo],
  [code.getReq, objects.get],
  [code.putReq, objects.put],
  [code.delReq, objects.del],
  [code.listBucketsReq, lists.listBuckets],
  [code.listKeysReq, lists.listKeys],
  [code.indexReq, index],
  [code.getBucketReq, buckets.getBucket],
  [code.setBucketReq, buckets.setBucket],
  [code.resetBucketReq, buckets.resetBucket],
  [code.getBucketTypeReq, buckets.getBucketType],
  [code.setBucketTypeReq, buckets.setBucketType],
  [code.getBucketKeyPreflistReq, buckets.preferenceList],
  [code.counterUpdateReq, dataTypes.updateCounter],
  [code.counterGetReq, dataTypes.getCounter],
  [code.dtFetchReq, dataTypes.fetch],
  [code.dtUpdateReq, dataTypes.update],
]);
