/**
 * What one connection may ask of us. Everything a peer can make grow, or make us repeat, has its bound here.
 */

/** As long as a connection may take to say what it speaks, and then to send its first SETTINGS, in ms. */
export const prefaceTimeoutMs = 10_000;
/** Names, values and 32 bytes each, RFC 9113 §10.5.1. Told in SETTINGS_MAX_HEADER_LIST_SIZE. */
export const headerListBytesMax = 16 * 1024;
/** A compressed header block with all its CONTINUATIONs. More cannot be a list that we would take. */
export const headerBlockBytesMax = 2 * headerListBytesMax;
/** Of the peer's encoder, as its default, RFC 7541 §4.2. */
export const headerTableBytesMax = 4096;
/** The payload of a frame we take: the smallest limit that RFC 9113 §4.2 allows, so peers need not be told. */
export const frameBytesMax = 16 * 1024;
/** Requests under way on one connection. Told in SETTINGS_MAX_CONCURRENT_STREAMS. */
export const streamsMax = 4096;
/** What a peer may send before we credit it, RFC 9113 §6.9. */
export const connectionWindow = 2 ** 20;
export const streamWindow = 2 ** 18;
/** Young streams that were reset, by either side's wish, and frames that carry nothing: each so many a second, RFC 9113 §10.5. */
export const resetsPerSecondMax = 100;
export const emptyFramesPerSecondMax = 100;
/** PINGs and SETTINGS a second that follow on nothing we sent. */
export const pingsPerSecondMax = 100;
/** A gRPC message that we take; etcd's limit on requests (1.5 MiB) with 512 KiB for what is around them. */
export const messageBytesMax = 2 * 2 ** 20;
/** Incomplete messages of one connection, all streams together. */
export const assemblingBytesMax = 32 * 2 ** 20;
/** What a stream has waiting before its writer is told to stop. */
export const streamQueueBytesMax = 2 ** 20;
/** What all streams of a connection have waiting before writers are told to stop. */
export const connectionQueueBytesMax = 8 * 2 ** 20;
/** Answers of single messages cannot stop; with so much waiting no new streams are taken. */
export const refusingQueueBytes = 32 * 2 ** 20;
/** And a call fails whose answer would make it more than this. */
export const answersQueueBytesMax = 64 * 2 ** 20;
/** What the socket holds before DATA frames stay in their streams' queues. */
export const socketBytesMax = 2 ** 18;
/** Frames other than DATA that the socket holds: a peer that asks and asks and does not read is cut off. */
export const unreadBytesMax = 8 * 2 ** 20;
/** A peer that has {@link connectionQueueBytesMax} waiting and takes nothing of it is cut off after so long, in ms. */
export const stallTimeoutMs = 30_000;
/** How long a connection that ended by an error may take to read why, in ms. */
export const lingerMs = 1000;
