/** Slots of a Redis Cluster: a key belongs to a slot, a slot to a shard. */
export const slotCount = 16_384;

const openBrace = 0x7b;
const closeBrace = 0x7d;

/** CRC16 as XMODEM has it: polynomial 0x1021, begun with 0, nothing reflected. One entry for each byte. */
const crcOfByte = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/**
 * The slot, 0 to 16383, of the key in `bytes[from, to)`. Of a key with a hash tag only the tag counts: what stands
 * between the first `{` and the first `}` behind it, unless that is nothing.
 */
export function keySlot(key: Uint8Array, from = 0, to = key.length): number {
  // Most keys have no tag, so the brace is found on the way: the sum of a key without one is done by then.
  let crc = 0;
  for (let at = from; at < to; at += 1) {
    const byte = key[at] as number;
    if (byte === openBrace) {
      const end = indexOfClose(key, at + 1, to);
      // Only the first brace opens a tag, even where it closes none.
      return end > at + 1 ? sum(key, at + 1, end, 0) % slotCount : sum(key, at, to, crc) % slotCount;
    }
    crc = step(crc, byte);
  }
  return crc % slotCount;
}

function indexOfClose(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (bytes[at] === closeBrace) return at;
  return -1;
}

function sum(bytes: Uint8Array, from: number, to: number, begin: number): number {
  let crc = begin;
  for (let at = from; at < to; at += 1) crc = step(crc, bytes[at] as number);
  return crc;
}

function step(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (crcOfByte[(crc >> 8) ^ byte] as number);
}
