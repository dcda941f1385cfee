import { describe, expect, it } from 'vitest';
import { keySlot, slotCount } from './key-slot.ts';

const slotOf = (key: string): number => keySlot(Buffer.from(key));

describe('keySlot', () => {
  it('is the CRC16 of the specification, modulo 16384', () => {
    expect(slotOf('123456789')).toBe(0x31c3);
    expect(slotOf('foo')).toBe(12_182);
    expect(slotOf('bar')).toBe(5_061);
    expect(slotOf('hello')).toBe(866);
    expect(slotOf('somekey')).toBe(11_058);
    expect(slotOf('')).toBe(0);
  });

  it('counts only the hash tag of a key that has one', () => {
    expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
    expect(slotOf('{user1000}.followers')).toBe(slotOf('user1000'));
    expect(slotOf('foo{hash_tag}')).toBe(2_515);
    expect(slotOf('before{foo}')).toBe(12_182);
  });

  it('takes an empty tag, or one that is not closed, for no tag: the whole key counts', () => {
    // As a server answers CLUSTER KEYSLOT.
    expect(slotOf('foo{}{bar}')).toBe(8_363);
    expect(slotOf('{}bar')).toBe(slotOfWhole('{}bar'));
    expect(slotOf('foo{bar')).toBe(slotOfWhole('foo{bar'));
    expect(slotOf('}foo{')).toBe(slotOfWhole('}foo{'));
  });

  it('reads the tag from the first opening brace to the first closing one behind it', () => {
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('x{{bar}'));
    expect(slotOf('foo{{bar}}zap')).toBe(slotOfWhole('{bar'));
    expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'));
    expect(slotOf('}foo{bar}')).toBe(slotOf('bar'));
  });

  it('reads a key where it stands within other bytes, and no brace outside of it', () => {
    const request = Buffer.from('{x}foo}{y}');
    expect(keySlot(request, 3, 6)).toBe(slotOf('foo'));
    expect(keySlot(Buffer.from('{foo}'), 0, 4)).toBe(slotOfWhole('{foo'));
  });

  it('takes bytes that are no text', () => {
    const key = Uint8Array.of(0xff, 0x00, 0x80, 0x0d, 0x0a);
    expect(keySlot(key)).toBe(slotOfWhole(key));
  });
});

/** Bit by bit and without tags: another way to the same number. */
function slotOfWhole(key: string | Uint8Array): number {
  let crc = 0;
  for (const byte of Buffer.from(key as string)) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const carries = ((crc >> 15) & 1) !== ((byte >> bit) & 1);
      crc = ((crc << 1) & 0xffff) ^ (carries ? 0x1021 : 0);
    }
  }
  return crc % slotCount;
}
