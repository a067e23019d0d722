/** What one connection may cost. */

/** The longest message that is taken. Riak's own bound for objects is 50 MB, and it warns of those above 5. */
export const messageBytesMax = 16 * 2 ** 20;

/** While a request is being answered, so much of those after it is taken from the socket; the others wait there. */
export const waitingBytesMax = 256 * 1024;

/** No request is begun, and no page asked for, while so much waits to be sent. */
export const unsentBytesMax = 256 * 1024;

/** Items of an answer that a client wants in one piece, all together. */
export const gatheredBytesMax = 16 * 2 ** 20;

/** Of protocol buffers and of HTTP, each so many connections of a node; more are closed at once. */
export const connectionsMax = 1024;

/** All headers of an HTTP request. Riak's values, which have their metadata and indexes in headers, seldom come near. */
export const headersBytesMax = 64 * 1024;

/** Requests that a client of HTTP sends before earlier ones are answered; with more the connection is closed. */
export const pipelinedMax = 64;

/** What all connections of an API together hold of requests on their way, and of answers; with more, requests are refused. */
export const heldBytesMax = 128 * 2 ** 20;

/** Objects that one walk along links reads. */
export const walkedMax = 1000;

/** And steps that it takes. */
export const walkStepsMax = 50;

/** A body that is JSON: as values it is many times as long. */
export const jsonBytesMax = 4 * 2 ** 20;
