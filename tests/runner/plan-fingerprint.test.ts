import { describe, expect, test } from '@jest/globals';
import { changedIngredients, fingerprintRecord, type FingerprintDocument } from '../../runner/plan/fingerprint.js';

const document: FingerprintDocument = {
  version: 1,
  component: { name: 'Trainer', code: 'c' },
  params: { epochs: 3, layers: [{ units: 10 }] },
  inputs: { examples: ['e'] },
  files: {},
  env: {},
  seed: 42,
};

describe('a fingerprint', () => {
  test('does not depend on the order of keys, nor on places', () => {
    const reordered = Object.fromEntries(Object.entries(document).reverse()) as unknown as FingerprintDocument;
    expect(fingerprintRecord(reordered, { places: { 'params.epochs': 'p.yaml:3:1' }, code: {} }).digest).toBe(
      fingerprintRecord(document, { places: {}, code: {} }).digest,
    );
  });

  test('changes with every ingredient, and the change is named', () => {
    const changes: readonly [Partial<FingerprintDocument>, string][] = [
      [{ component: { name: 'Trainer', code: 'd' } }, 'component.code'],
      [{ params: { epochs: 3, layers: [{ units: 11 }] } }, 'params.layers.0.units'],
      [{ inputs: { examples: ['f'] } }, 'inputs.examples.0'],
      [{ files: { 'count.py': 'x' } }, 'files.count.py'],
      [{ env: { MODE: 'a' } }, 'env.MODE'],
      [{ seed: 43 }, 'seed'],
      [{ backend: { name: 'wasm', version: '4' } }, 'backend.name'],
      [{ place: '/x' }, 'place'],
    ];
    for (const [change, path] of changes) {
      const changed = { ...document, ...change };
      expect(fingerprintRecord(changed, { places: {}, code: {} }).digest).not.toBe(
        fingerprintRecord(document, { places: {}, code: {} }).digest,
      );
      expect(changedIngredients(document, changed).map((difference) => difference.path)).toContain(path);
    }
  });

  test('says what was and what is', () => {
    expect(changedIngredients(document, { ...document, seed: 7 })).toEqual([
      { path: 'seed', before: '42', after: '7' },
    ]);
    expect(changedIngredients(document, document)).toEqual([]);
  });
});
