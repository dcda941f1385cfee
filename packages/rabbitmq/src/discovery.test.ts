import { virtualRuntime } from '@failover/core/virtual';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { rabbitConfig } from './config.ts';
import { discover } from './discovery.ts';

const config = rabbitConfig.parse({ servers: ['a', 'b', 'c'] });

async function foundWith(seed: number): Promise<readonly string[]> {
  const list = await firstValueFrom(discover(config, virtualRuntime({ seed })));
  return list.type === 'members' ? list.members.map(({ endpoint }) => endpoint) : [];
}

describe('the nodes where a client begins', () => {
  it('are all that are listed, and not in the same order for all clients', async () => {
    const orders = await Promise.all(Array.from({ length: 60 }, (_, seed) => foundWith(seed)));
    for (const order of orders) expect([...order].sort()).toEqual(['a:5672', 'b:5672', 'c:5672']);
    const firsts = orders.map(([first]) => first);
    for (const node of ['a:5672', 'b:5672', 'c:5672'])
      expect(firsts.filter((first) => first === node).length).toBeGreaterThan(8);
  });
});
