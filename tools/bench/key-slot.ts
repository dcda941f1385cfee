/** Slots of a Redis Cluster; written for the benches alone, so that no bug of the adapter hides itself. */
const SLOTS = 16_384;

/** @example keySlot('{user}:1') === keySlot('{user}:2') */
export function keySlot(key: string): number {
  return crc16(Buffer.from(taggedPart(key))) % SLOTS;
}

/** What stands between the first brace and the next closing one, if that is anything. */
function taggedPart(key: string): string {
  const [, tag = ''] = /\{([^}]*)\}/.exec(key) ?? [];
  return tag === '' ? key : tag;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  }
  return crc;
}
