import { describe, expect, it } from 'vitest';
import type { Sighting } from '../../prober/sighting.ts';
import { successionsOf } from './successions.ts';

const role = (port: number, at: number, name = 'master'): Sighting => ({
  type: 'role',
  port,
  role: name,
  at,
});

describe('the successions of a fault', () => {
  it('begin with its first and exclude what was before', () => {
    const seen = [role(1, 10), role(2, 20, 'slave'), role(2, 2500)];
    expect(successionsOf({ at: 1000, oldPort: 1, newPort: 2 }, seen)).toEqual([
      { from: '1', to: '2', roleAt: 2500, exposedFrom: 500 },
    ]);
  });

  it('name both if the first successor was turned back', () => {
    const seen = [role(2, 2500), role(2, 12_000, 'slave'), role(3, 12_100)];
    expect(successionsOf({ at: 1000, oldPort: 1, newPort: 3 }, seen)).toEqual([
      { from: '1', to: '2', roleAt: 2500, exposedFrom: 500 },
      { from: '2', to: '3', roleAt: 12_100 },
    ]);
  });

  it('leave out an old primary that comes back and claims its role for a while', () => {
    const seen = [role(2, 2500), role(1, 5000), role(1, 14_000, 'slave')];
    expect(successionsOf({ at: 1000, oldPort: 1, newPort: 2 }, seen)).toHaveLength(1);
  });

  it('are none if the primary came back in its place', () => {
    expect(successionsOf({ at: 1000, oldPort: 1, newPort: 1 }, [role(1, 1200)])).toEqual([]);
  });

  it('end with the old primary again if a successor was turned back and the old one never lost its role', () => {
    const seen = [role(1, 10), role(2, 2500), role(2, 4000, 'slave')];
    expect(successionsOf({ at: 1000, oldPort: 1, newPort: 1 }, seen)).toEqual([
      { from: '1', to: '2', roleAt: 2500, exposedFrom: 500 },
      { from: '2', to: '1', roleAt: 4000 },
    ]);
  });
});
