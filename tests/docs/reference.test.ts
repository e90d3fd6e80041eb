/**
 * The reference pages are those that `npm run reference` writes.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { commandsReference, componentsReference } from '../../scripts/reference.js';

function page(name: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');
}

test('commands', () => {
  expect(page('commands.md')).toBe(commandsReference());
});

test('components', async () => {
  expect(page('components.md')).toBe(await componentsReference());
});
