/**
 * Pipeline files from those who mean harm or know no better: refused with a place, in bounded time, without a trace.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { componentFinder } from '../../components/registry.js';
import { parseYaml } from '../../runner/config/parse-yaml.js';
import { loadPipeline } from '../../runner/graph/load-pipeline.js';
import { placeText, SourceFile } from '../../runner/source/source-file.js';
import { pipeline } from '../rig/cli.js';
import { contents, expectRefused } from '../rig/refused.js';
import { scriptStep } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const HEAD = 'version: 1\nname: p\n';
const NODE = scriptStep("require('fs').writeFileSync(process.argv[1] + '/data', 'x')");

/** What is wrong with a pipeline of the real components: codes with their places. */
async function faults(
  text: string,
  more: { readonly set?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<readonly string[]> {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.yaml'), text);
  const loaded = await loadPipeline({
    file: 'p.yaml',
    cwd,
    set: more.set ?? [],
    paramsFiles: [],
    env: more.env ?? {},
    components: componentFinder,
  });
  if (loaded.ok) return [];
  return loaded.diagnostics.map(({ code, range }) => `${code} ${range === undefined ? '-' : placeText(range)}`);
}

describe('a text that asks for too much is refused in bounded time:', () => {
  const line = (text: string, count: number): string => text.repeat(count);
  const stairs = Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
  const chain = Array.from({ length: 5_000 }, (_, i) =>
    i === 0 ? 'a0: &a0 x\n' : `a${String(i)}: &a${String(i)} [*a${String(i - 1)}]\n`,
  ).join('');
  test.each([
    ['mappings in mappings, line by line', stairs, 'yaml-limit'],
    ['mappings in mappings, in braces', line('{a: ', 1_000_000), 'yaml-limit'],
    ['lists in lists, in a line', line('- ', 100_000), 'yaml-limit'],
    ['keys in keys', line('? ', 100_000), 'yaml-limit'],
    ['aliases of aliases', chain, 'yaml-limit'],
    ['an alias of itself', 'a: &a [*a]', 'yaml-limit'],
    ['many small parts', `a: ${line('"\n', 1_000_000)}`, 'yaml-limit'],
    ['many documents', line('---\n', 1_000_000), 'yaml-syntax'],
    ['many commas', `a: [${line(',', 300_000)}`, 'yaml-syntax'],
    ['many tags', `${line('!!str ', 200_000)}x`, 'yaml-syntax'],
    ['many anchors', `${line('&a ', 200_000)}x`, 'yaml-syntax'],
    ['many brackets that close nothing', line(']\n', 200_000), 'yaml-syntax'],
    ['many colons', line(': ', 100_000), 'yaml-syntax'],
  ])('%s', (_, text, code) => {
    const { root, diagnostics } = parseYaml(new SourceFile('f', text));
    expect(root).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    expect(diagnostics.length).toBeLessThanOrEqual(20);
  });

  test('many directives mean nothing', () => {
    const { root, diagnostics } = parseYaml(new SourceFile('f', `${line('%YAML 1.2\n', 20_000)}---\na: 1\n`));
    expect(diagnostics).toEqual([]);
    expect(root).toMatchObject({ kind: 'mapping' });
  });

  test('an alias means the latest anchor of its name, also one on a key', () => {
    const { root } = parseYaml(new SourceFile('f', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n&k e: *k\n'));
    const values = root?.kind === 'mapping' ? root.entries.map(({ value }) => value) : [];
    expect(values).toMatchObject([{ value: 1 }, { value: 1 }, { value: 2 }, { value: 2 }, { value: 'e' }]);
  });
});

describe('the command line', () => {
  test.each([
    ['100 MB of text', Buffer.from(`${HEAD}description: "${'x'.repeat(1e8)}"\n`), 'file-unreadable', 'at most 5000000'],
    ['UTF-16', Buffer.from(`\ufeff${HEAD}`, 'utf16le'), 'file-unreadable', 'UTF-8'],
    ['other bytes than UTF-8', Buffer.concat([Buffer.from(HEAD), Buffer.of(0xff)]), 'file-unreadable', 'UTF-8'],
    ['nothing', Buffer.alloc(0), 'missing-key', 'p.yaml:1:1'],
    ['tabs', Buffer.from(`${HEAD}nodes:\n\ta: ${NODE}\n`), 'yaml-syntax', 'p.yaml:4:1'],
    [
      'stairs',
      Buffer.from(Array.from({ length: 999 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')),
      'yaml-limit',
      ':257:',
    ],
  ])('refuses %s', async (_, bytes, code, says) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'p.yaml'), bytes);
    await expectRefused(folder, ['run', 'p.yaml'], code, says);
  });

  test('shows the first hundred of very many faults, and all of them to programs', async () => {
    const folder = temporaryFolder();
    const nodes = Array.from({ length: 300 }, (_, i) => `  n${String(i)}: {component: Comand}\n`).join('');
    writeFileSync(join(folder, 'p.yaml'), `${HEAD}nodes:\n${nodes}`);
    const { stderr } = await expectRefused(folder, ['run', 'p.yaml'], 'unknown-component', '… and 200 more');
    expect(stderr).toContain('300 errors; nothing was executed');
    const { stdout } = await pipeline(folder, ['validate', 'p.yaml', '--json']);
    expect((JSON.parse(stdout) as { diagnostics: unknown[] }).diagnostics).toHaveLength(300);
  });

  test('reads a byte order mark and line ends of Windows as nothing special', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'p.yaml'), `\ufeff${HEAD}nodes:\n  a: ${NODE}\n`.replaceAll('\n', '\r\n'));
    expect(await pipeline(folder, ['run', 'p.yaml'])).toMatchObject({ status: 0 });
    writeFileSync(join(folder, 'p.yaml'), `\ufeff${HEAD}nodes:\n  a: {component: Comand}\n`.replaceAll('\n', '\r\n'));
    await expectRefused(folder, ['run', 'p.yaml'], 'unknown-component', 'p.yaml:4:18');
  });

  test('a name in an error cannot steer the terminal', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'p.yaml'), `${HEAD}nodes:\n  "\\e[2Ja\\u202eb\\r": ${NODE}\n`);
    const { stderr } = await expectRefused(folder, ['run', 'p.yaml'], 'bad-name', '<001b>[2Ja<202e>b<000d>');
    expect(stderr).not.toMatch(/[\u001b\u202e\r]/u);
  });
});

describe('names', () => {
  const names = [
    'a/b',
    '..',
    '../a',
    '$(reboot)',
    '`reboot`',
    '${params.x}',
    'a\nb',
    '-rf',
    'a'.repeat(300),
    'a\u202eb',
    'é',
    'e\u0301',
    'a b',
    '1a',
    '~',
    'CON:',
    '<script>',
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'valueOf',
  ];
  const quoted = (name: string): string => JSON.stringify(name);
  const places: Readonly<Record<string, (name: string) => string>> = {
    pipeline: (name) => `version: 1\nname: ${quoted(name)}\nnodes: {a: ${NODE}}\n`,
    node: (name) => `${HEAD}nodes: {${quoted(name)}: ${NODE}}\n`,
    param: (name) => `${HEAD}params: {${quoted(name)}: 1}\nnodes: {a: ${NODE}}\n`,
    input: (name) =>
      `${HEAD}nodes: {a: ${NODE}, b: {component: Command, inputs: {${quoted(name)}: a.report}, outputs: {o: File}, params: {argv: [x]}}}\n`,
    output: (name) =>
      `${HEAD}nodes: {b: {component: Command, outputs: {${quoted(name)}: File}, params: {argv: [x]}}}\n`,
  };
  const refused = async (write: (name: string) => string, name: string): Promise<void> => {
    expect((await faults(write(name))).map((fault) => fault.split(' ')[0])).toEqual(['bad-name']);
  };

  test.each(Object.entries(places))('that are no plain words are refused for a %s', async (_, write) => {
    for (const name of names) await refused(write, name);
    expect(await faults(write('fine'))).toEqual([]);
  });

  test('are letters, digits, - and _, or refused, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme' }), async (name) => {
        fc.pre(!/^[A-Za-z][A-Za-z0-9_-]*$/u.test(name) && !name.includes('\0'));
        for (const write of Object.values(places)) await refused(write, name);
      }),
      { numRuns: 15 },
    );
  });

  test.each([
    ['a component', `${HEAD}nodes: {a: {component: NAME}}`, 'unknown-component p.yaml:3:24'],
    [
      'a node that is referred to',
      `${HEAD}nodes: {a: {component: Command, inputs: {x: NAME.o}, outputs: {o: File}, params: {argv: [x]}}}`,
      'unknown-node p.yaml:3:45',
    ],
    [
      'an output that is referred to',
      `${HEAD}nodes: {a: ${NODE}, b: {component: Command, inputs: {x: a.NAME}, outputs: {o: File}, params: {argv: [x]}}}`,
      'unknown-output',
    ],
    [
      'a node that is waited for',
      `${HEAD}nodes: {a: {component: Command, after: [NAME], outputs: {o: File}, params: {argv: [x]}}}`,
      'unknown-node p.yaml:3:41',
    ],
    [
      'an artifact type',
      `${HEAD}nodes: {a: {component: Command, outputs: {o: NAME}, params: {argv: [x]}}}`,
      'not-allowed p.yaml:3:46',
    ],
    ['a key of the pipeline', `${HEAD}NAME: 1\nnodes: {a: ${NODE}}`, 'unknown-key p.yaml:3:1'],
    [
      'a key of a node',
      `${HEAD}nodes: {a: {component: Command, NAME: {}, outputs: {o: File}, params: {argv: [x]}}}`,
      'unknown-key p.yaml:3:33',
    ],
    [
      'a param of a component',
      `${HEAD}nodes: {a: {component: Command, outputs: {o: File}, params: {argv: [x], NAME: 1}}}`,
      'unknown-param p.yaml:3:73',
    ],
    [
      'a placeholder',
      `${HEAD}nodes: {a: {component: Command, outputs: {o: File}, params: {argv: ["\${params.NAME}"]}}}`,
      'unknown-placeholder p.yaml:3:69',
    ],
    [
      'a kind of placeholder',
      `${HEAD}nodes: {a: {component: Command, outputs: {o: File}, params: {argv: ["\${NAME.x}"]}}}`,
      'unknown-placeholder p.yaml:3:69',
    ],
    [
      'an environment variable',
      `${HEAD}nodes: {a: {component: Command, env: [NAME], outputs: {o: File}, params: {argv: [x]}}}`,
      'undeclared-env p.yaml:3:39',
    ],
    [
      'a source',
      `${HEAD}nodes: {a: {component: ExampleGen, params: {source: {NAME: {}}}}}`,
      'unknown-param p.yaml:3:54',
    ],
    [
      'a limited split',
      `${HEAD}nodes: {a: {component: ExampleGen, params: {source: {csv: {path: t}}, limit: {NAME: 1}}}}`,
      'not-allowed p.yaml:3:',
    ],
  ])('that objects have anyway mean nothing as %s', async (_, text, fault) => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const [first = '', ...rest] = await faults(text.replace('NAME', name));
      expect(first).toContain(fault);
      expect(rest).toEqual([]);
    }
  });

  test('that objects have anyway cannot be set from outside', async () => {
    const text = `${HEAD}params: {x: 1}\nnodes: {a: ${NODE}}`;
    expect(await faults(text, { set: ['__proto__=1'] })).toEqual(['unknown-param --set:1:1']);
    expect(await faults(text, { set: ['x=[', 'constructor=1'] })).toContain('unknown-param --set:1:1');
    expect(Object.prototype).not.toHaveProperty('x');
  });
});

describe('values', () => {
  const command = (keys: string): string =>
    `${HEAD}nodes: {a: {component: Command, outputs: {o: File}, params: {argv: [x]}, ${keys}}}\n`;
  const at = 'p.yaml:3:';
  test.each([
    ['retries: 1:30', 'wrong-type'],
    ['retries: 1_000', 'wrong-type'],
    ['retries: 1.5', 'wrong-type'],
    ['retries: -1', 'out-of-range'],
    ['retries: .nan', 'out-of-range'],
    ['retries: .inf', 'out-of-range'],
    ['retries: 1e400', 'out-of-range'],
    ['seed: 9007199254740993', 'out-of-range'],
    ['seed: "1"', 'wrong-type'],
    ['timeout: 1:30', 'wrong-type'],
    ['timeout: 2024-01-01', 'wrong-type'],
    ['timeout: 0s', 'wrong-type'],
    ['timeout: -1s', 'wrong-type'],
    ['timeout: 99999h', 'wrong-type'],
    ['cache: no', 'wrong-type'],
    ['cache: on', 'wrong-type'],
    ['cache: 1', 'wrong-type'],
    ['env: {A: 010}', 'wrong-type'],
    ['env: {A: 1e3}', 'wrong-type'],
    ['env: {A: 1.10}', 'wrong-type'],
  ])('%s is not guessed', async (keys, code) => {
    const [fault = '', ...rest] = await faults(command(keys));
    expect(fault).toContain(`${code} ${at}`);
    expect(rest).toEqual([]);
  });

  test.each(['retries: 1.0', 'retries: -0', 'retries: 0o17', 'env: {A: 10, B: yes, C: true}'])(
    '%s is what it says',
    async (keys) => {
      expect(await faults(command(keys))).toEqual([]);
    },
  );

  const trainer = (params: string): string =>
    `${HEAD}nodes: {e: {component: ExampleGen, params: {source: {cifar10: {}}}}, t: {component: Trainer, inputs: {examples: e.examples}, params: {${params}}}}\n`;
  test.each([
    ['epochs: -1', 'out-of-range'],
    ['epochs: 0', 'out-of-range'],
    ['epochs: 1.5', 'wrong-type'],
    ['epochs: 1e400', 'out-of-range'],
    ['epochs: ten', 'wrong-type'],
    ['batch_size: 0', 'out-of-range'],
    ['batch_size: -0', 'out-of-range'],
    ['batch_size: 1e9', 'out-of-range'],
  ])('%s is refused before anything runs', async (params, code) => {
    const found = await faults(trainer(`${params}, model: {layers: [{Dense: {units: 1}}]}`));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${code} ${at}`);
  });

  test.each([
    'Adam: {learning_rate: 0}',
    'SGD: {learning_rate: -1}',
    'SGD: {learning_rate: .nan}',
    'Adam: {learning_rate: "0.1"}',
  ])('an optimizer of {%s} is refused before anything runs', async (optimizer) => {
    const found = await faults(trainer(`epochs: 1, model: {layers: [{Dense: {units: 1}}]}, optimizer: {${optimizer}}`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^(out-of-range|wrong-type) p\.yaml:3:/u);
  });
});

describe('graphs', () => {
  test('ten thousand nodes are read, and a fault in the last one has its place', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) =>
        `  n${String(i)}: {component: Command, after: [n${String(i - 1)}], outputs: {o: File}, params: {argv: [x]}}\n`,
    );
    const text = `${HEAD}nodes:\n${lines.join('')}`;
    expect(await faults(text)).toEqual(['unknown-node p.yaml:4:36']);
  });

  test('a cycle of thousands is found, and told in short', async () => {
    const count = 1000;
    const lines = Array.from(
      { length: count },
      (_, i) =>
        `  n${String(i)}: {component: Command, after: [n${String((i + 1) % count)}], outputs: {o: File}, params: {argv: [x]}}\n`,
    );
    expect(await faults(`${HEAD}nodes:\n${lines.join('')}`)).toEqual([expect.stringMatching(/^cycle p\.yaml:/u)]);
  });
});

test('a refused file leaves a store as it was, and the next command works', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'p.yaml'), `${HEAD}nodes: {a: ${NODE}}\n`);
  await pipeline(folder, ['run', 'p.yaml']);
  const before = contents(folder);
  writeFileSync(join(folder, 'bad.yaml'), `${HEAD}nodes: [`);
  expect((await pipeline(folder, ['run', 'bad.yaml'])).status).toBe(2);
  expect(contents(folder)).toEqual({ ...before, 'bad.yaml': expect.any(String) });
  expect((await pipeline(folder, ['run', 'p.yaml'])).stdout).toContain('1 cached');
});
