import { expect, it } from 'vitest';
import { config } from './config.ts';

it('names each field that is wrong, with its value and the cure', () => {
  expect(() => config.parse({ peers: ['127.0.0.1:7001', 'nowhere'] })).toThrow(
    /peers\.1.*"nowhere".*Write peers/,
  );
  expect(() => config.parse({})).toThrow(/peers.*Write peers/);
});
