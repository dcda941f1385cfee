import { describe, expect, it } from 'vitest';
import { paths, readNodes, readQueues } from './management.ts';

const listener = (node: string, protocol: string, ip: string, port: number) => ({
  node,
  protocol,
  ip_address: ip,
  port,
  socket_opts: { backlog: 128 },
});

describe('the management API', () => {
  it('is asked for the listeners by name: without statistics it does not tell them', () => {
    expect(paths.overview).toContain('columns=listeners');
    expect(paths.overview).not.toContain('disable_stats');
  });

  it('tells where nodes speak AMQP, also such as are down, and what is wrong with them', () => {
    const overview = {
      listeners: [
        listener('r1@localhost', 'amqp', '127.0.0.1', 16_002),
        listener('r1@localhost', 'clustering', '127.0.0.1', 16_003),
        listener('r2@host-b', 'amqp', '::', 5672),
      ],
    };
    const nodes = [
      { name: 'r1@localhost', running: true, partitions: [], mem_alarm: true, disk_free_alarm: false },
      { name: 'r2@host-b', running: true, being_drained: true },
      { name: 'r3@host-c', running: false },
    ];
    expect(readNodes(overview, nodes)).toEqual([
      { name: 'r1@localhost', endpoint: '127.0.0.1:16002', isRunning: true, conditions: ['memory alarm'] },
      { name: 'r2@host-b', endpoint: 'host-b:5672', isRunning: true, conditions: ['maintenance'] },
      { name: 'r3@host-c', isRunning: false, conditions: [] },
    ]);
  });

  it('tells who leads a queue, or holds it, and that nobody does', () => {
    const queues = [
      { leader: 'r1@a', name: 'q', node: 'r1@a', type: 'quorum', vhost: '/' },
      { name: 'c', node: 'r2@a', type: 'classic', vhost: '/' },
      { leader: null, name: 'orphan', type: 'quorum', vhost: '/' },
    ];
    expect(readQueues(queues)).toEqual([
      { vhost: '/', name: 'q', leader: 'r1@a' },
      { vhost: '/', name: 'c', leader: 'r2@a' },
      { vhost: '/', name: 'orphan' },
    ]);
  });
});
