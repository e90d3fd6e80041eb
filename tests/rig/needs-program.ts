/**
 * Tests that need a program which not every machine has: passed over with a word where it is missing, and not passed over
 * where REQUIRE_ALL_TESTS is 1, so that they fail there.
 */
import { describe, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

function isMissing(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, program)))) return false;
  console.warn(`skipped: ${program} is not installed`);
  return process.env['REQUIRE_ALL_TESTS'] !== '1';
}

/** `describe`, for tests that need a program. */
export function describeWith(program: string): typeof describe | typeof describe.skip {
  return isMissing(program) ? describe.skip : describe;
}

/** `test`, for one that needs a program. */
export function testWith(program: string): typeof test | typeof test.skip {
  return isMissing(program) ? test.skip : test;
}
