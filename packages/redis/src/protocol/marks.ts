/** First bytes of replies (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export const minus = 45;
export const colon = 58;
/** RESP3: what no command asked for. */
export const push = 62;
/** RESP3: an error that may have any bytes. */
const bang = 33;

export const isError = (reply: Uint8Array): boolean => reply[0] === minus || reply[0] === bang;
