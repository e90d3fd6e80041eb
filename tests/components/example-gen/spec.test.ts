import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execute } from '../../../components/example-gen/executor.js';
import { spec } from '../../../components/example-gen/spec.js';
import { checkParams, type ParamProblem } from '../../../components/params.js';
import { testContext } from '../../rig/execution-context.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { cifarFiles, NAMES } from './generate.js';

const temporaryFolder = temporaryFolders();

/** What a check before the run finds. */
function problems(params: Readonly<Record<string, unknown>>): readonly ParamProblem[] {
  const found: ParamProblem[] = [];
  const checked = checkParams(spec.params, params, [], {
    problem: (problem) => found.push(problem),
    resource: () => undefined,
  });
  return checked === undefined ? found : spec.check(checked, new Set());
}

describe('ExampleGen', () => {
  test('stops when it is aborted', async () => {
    const { context } = testContext({
      folder: temporaryFolder(),
      spec,
      params: { source: { cifar10: { path: 'cifar' } } },
      signal: AbortSignal.abort(new Error('canceled')),
    });
    for (const [path, content] of Object.entries(cifarFiles(1))) {
      mkdirSync(join(context.baseDir, 'cifar'), { recursive: true });
      writeFileSync(join(context.baseDir, path), content);
    }
    await expect(execute(context as never)).rejects.toThrow('canceled');
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no source', {}, "'source' is missing"],
    ['two sources', { source: { csv: { path: 'a' }, idx: {} } }, 'expected exactly one of the keys'],
    ['no input', { source: { idx: {} } }, 'there is no input'],
    ['a limit of an unknown split', { source: { cifar10: {} }, limit: { eval: 5 } }, "there is no split 'eval'"],
    ['a flat split of two inputs', { source: { cifar10: {} }, split: { train: 1, eval: 1 } }, 'several inputs'],
    ['a share of zero', { source: { csv: { path: 'a' } }, split: { train: 0 } }, 'integer ≥ 1'],
    ['a bad split name', { source: { csv: { path: { '../x': 'a' } } } }, 'cannot name a split'],
    ['the same class twice', { source: { cifar10: {} }, classes: ['a', 'a'] }, "two classes have the name 'a'"],
    ['nine classes', { source: { cifar10: {} }, classes: [...NAMES.slice(1)] }, 'ten classes'],
    ['a file address', { source: { cifar10: { archive: { urls: ['file:///etc/passwd'] } } } }, 'http or https'],
    ['half an IDX pair', { source: { idx: { images: 'a' } } }, "'labels' is missing"],
  ])('%s is found before anything runs', (_, params, message) => {
    expect(problems(params).map((problem) => problem.message)).toContainEqual(expect.stringContaining(message));
  });

  test('paths count by content', () => {
    const resources: string[] = [];
    const see = (params: Readonly<Record<string, unknown>>): void => {
      checkParams(spec.params, params, [], {
        problem: (problem) => {
          expect(problem).toBeUndefined();
        },
        resource: ({ kind, value }) => resources.push(`${kind} ${value}`),
      });
    };
    see({ source: { cifar10: { path: 'a' } } });
    see({ source: { cifar10: { path: null } } });
    see({ source: { idx: { images: 'b', labels: 'c' } } });
    see({ source: { idx: { train: { images: 'd', labels: 'e' } } } });
    see({ source: { csv: { path: { train: 'f' } } } });
    expect(resources).toEqual(['path a', 'path b', 'path c', 'path d', 'path e', 'path f']);
  });
});
