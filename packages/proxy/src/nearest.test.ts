import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it('finds the word that was most likely meant', () => {
  expect(nearest('listn', ['cluster', 'listen', 'listeners'])).toBe('listen');
  expect(nearest('maxclients', ['maxClients', 'role'])).toBe('maxClients');
});

it('guesses nothing where nothing is near', () => {
  expect(nearest('backend', ['listen', 'role'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
