/** What servers answer where there is nothing to tell. */
export const ok = Buffer.from('+OK\r\n');
export const queued = Buffer.from('+QUEUED\r\n');
