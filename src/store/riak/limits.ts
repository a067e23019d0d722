/** What one connection may cost. */

/** The longest message that is taken. Riak's own bound for objects is 50 MB, and it warns of those above 5. */
export const messageBytesMax = 16 * 2 ** 20;

/** While a request is being answered, so much of those after it is taken from the socket; the others wait there. */
export const waitingBytesMax = 256 * 1024;

/** No request is begun, and no page asked for, while so much waits to be sent. */
export const unsentBytesMax = 256 * 1024;

/** Items of an answer that a client wants in one piece, all together. */
export const gatheredBytesMax = 16 * 2 ** 20;
