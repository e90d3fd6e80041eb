/**
 * Steps that do what they must not: write outside their output, take it away, return nothing, record what is no number.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { ownComponent } from '../rig/own-component.js';
import { executed, runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { faultsOf } from './stored.js';

const temporaryFolder = temporaryFolders();

/** What a step may do, and what is told of it. */
const BAD: Readonly<Record<string, [body: string, code: string, says: string]>> = {
  'returns without outputs': ['', 'output-missing', 'without writing its output'],
  'takes its output folder away': [
    'fs.rmdirSync(outputs.report.path);',
    'output-missing',
    'without writing its output',
  ],
  'puts a file in place of its output': [
    "fs.rmdirSync(outputs.report.path); fs.writeFileSync(outputs.report.path, 'x');",
    'output-missing',
    'without writing its output',
  ],
  'puts a link to elsewhere in place of its output': [
    "fs.rmdirSync(outputs.report.path); fs.symlinkSync(join(baseDir, 'outside'), outputs.report.path);",
    'not-a-file',
    'symbolic link',
  ],
  'writes a link into its output': [
    "fs.symlinkSync(join(baseDir, 'outside', 'data'), join(outputs.report.path, 'data'));",
    'not-a-file',
    'symbolic link',
  ],
  'links a file of elsewhere into its output': [
    "fs.linkSync(join(baseDir, 'outside', 'data'), join(outputs.report.path, 'data'));",
    'linked-file',
    'has a second name',
  ],
  'gives a file a name that other systems read as another': [
    "write('x'); fs.writeFileSync(join(outputs.report.path, 'at 10:30'), '');",
    'bad-name',
    "cannot be called 'at 10:30'",
  ],
  'gives two files names that differ by case': [
    "write('x'); fs.writeFileSync(join(outputs.report.path, 'Data'), '');",
    'bad-name',
    "it collides with 'Data'",
  ],
  'gives a file a name that is no text': [
    "write('x'); fs.writeFileSync(Buffer.concat([Buffer.from(outputs.report.path), Buffer.from([0x2f, 0xe9])]), '');",
    'bad-name',
    'is no UTF-8 text',
  ],
  'records a metric that is NaN': ["write('x'); metric('loss', NaN);", 'metric-not-finite', 'the metric loss is NaN'],
  'records a metric that is infinite': [
    "write('x'); metric('loss', -Infinity);",
    'metric-not-finite',
    'the metric loss is -Infinity',
  ],
  'records a metric that is a text': [
    "write('x'); metric('loss', '0.5');",
    'metric-not-finite',
    'the metric loss is 0.5',
  ],
  'records a property that is NaN': [
    "write('x'); outputs.report.setProperty('mean', NaN);",
    'property-not-plain',
    'the property mean of the output report is NaN',
  ],
  'records a property that is an object': [
    "write('x'); outputs.report.setProperty('mean', { a: 1 });",
    'property-not-plain',
    'is an object',
  ],
  'writes beside its output': [
    "write('x'); fs.writeFileSync(join(outputs.report.path, '..', 'data'), 'x');",
    'stray-file',
    "'data' was written beside the outputs",
  ],
  'takes the folder of its outputs away': [
    "fs.rmSync(join(outputs.report.path, '..'), { recursive: true });",
    'output-missing',
    'without writing its output',
  ],
  'throws what is no error': ["throw 'no';", 'defect', 'no'],
};

describe('a step fails, nothing of it is kept, and what needs it is given up', () => {
  test.each(['runner', 'worker'] as const)(
    'when it does any of many things that it must not, in the %s',
    async (runsIn) => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'outside'));
      const outside = join(folder, 'outside', 'data');
      writeFileSync(outside, 'outside');
      const { mode } = lstatSync(outside);
      const nodes = Object.values(BAD).map(([body], index) => {
        const name = `bad${String(index)}`;
        return [name, ownComponent(folder, name, body, { runsIn })] as const;
      });
      const after = nodes.map(
        ([name]) => [`after_${name}`, step(`after_${name}`, 'z', { in: `${name}.report` })] as const,
      );
      write(folder, Object.fromEntries([...nodes, ...after]));
      const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
      expect(status).toBe(1);
      const told = events(stdout).filter(({ type }) => type === 'step-failed');
      expect(told.map(({ failure }) => failure)).toEqual(
        Object.values(BAD).map(([, code, says]) =>
          expect.objectContaining({ code, message: expect.stringContaining(says) }),
        ),
      );
      expect(events(stdout).filter(({ type }) => type === 'step-abandoned')).toHaveLength(nodes.length);
      expect([lstatSync(outside).mode, readFileSync(outside, 'utf8')]).toEqual([mode, 'outside']);
      expect(readdirSync(join(folder, '.pipeline', 'artifacts'))).toEqual([]);
      expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
    },
  );
});

test('a file that is still written when the step has ended is not published', async () => {
  const folder = temporaryFolder();
  const body = `
    write('x');
    if (once('late')) {
      const file = fs.openSync(join(outputs.report.path, 'data'), 'a');
      let left = 10_000;
      const more = () => {
        fs.writeSync(file, 'x');
        if (--left > 0) setImmediate(more);
      };
      more();
    }`;
  write(folder, { late: ownComponent(folder, 'late', body) });
  const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json']);
  expect(status).toBe(1);
  expect(events(stdout).find(({ type }) => type === 'step-failed')).toMatchObject({
    failure: { code: 'written-late', message: 'data was written after the step had ended' },
  });
  expect(readdirSync(join(folder, '.pipeline', 'artifacts'))).toEqual([]);
  expect(readdirSync(join(folder, '.pipeline', 'staging'))).toEqual([]);
  expect(await run(folder)).toEqual({ late: 'completed' });
  expect((await pipeline(folder, ['verify'])).status).toBe(0);
});

test('what ends the process from within a step is told, and names the places of user code in its own files', async () => {
  const folder = temporaryFolder();
  const body = `
    const helper = (what) => what.missing.deeper;
    if (once('later')) setTimeout(() => helper({}), 1);
    else if (once('exit')) process.exit(7);
    else if (once('throws')) helper({});
    await new Promise((done) => setTimeout(done, once('waits') ? 10_000 : 0));
    write('x');`;
  write(folder, { odd: ownComponent(folder, 'odd', body) });
  const later = await pipeline(folder, ['run', 'p.yaml']);
  expect([later.status, later.stderr]).toEqual([1, expect.stringContaining('error[uncaught]: user code threw')]);
  expect(later.stderr).toMatch(/\n {4}at .*\(?odd\.ts:\d+:\d+\)?/u);
  const exit = await pipeline(folder, ['run', 'p.yaml']);
  expect([exit.status, exit.stderr]).toEqual([1, expect.stringContaining('error[ended]: the process was ended')]);
  const thrown = await pipeline(folder, ['run', 'p.yaml']);
  expect(thrown.stdout).toMatch(/\n {4}TypeError: .*\n {8}at helper \(odd\.ts:\d+:\d+\)\n {8}at .*execute/u);
  expect(thrown.stdout + later.stderr).not.toContain('base64');
  expect(await run(folder)).toEqual({ odd: 'completed' });
});

test('what fills the heap ends the run, and the next commands say what to do', async () => {
  const folder = temporaryFolder();
  const body = `
    const all = [];
    while (once('hungry') || all.length > 0) all.push(new Array(100_000).fill(0.5));
    write('x');`;
  write(folder, { first: step('first', 'a'), eats: ownComponent(folder, 'eats', body, { from: 'first.report' }) });
  const died = await pipeline(folder, ['run', 'p.yaml'], { NODE_OPTIONS: '--max-old-space-size=64' });
  expect([died.status, died.stderr]).not.toEqual([0, '']);
  expect(died.stderr).toContain('JavaScript heap out of memory');
  const { stdout } = await pipeline(folder, ['show']);
  // It left the process no time to put on record that it had begun.
  expect(stdout).toContain('the run ended before its steps did: its process died');
  expect(stdout).toContain("    help: where it said 'heap out of memory', raise its limit");
  expect(stdout).toContain('NODE_OPTIONS=--max-old-space-size=');
  expect(stdout).toContain('next: pipeline resume 1\n');
  expect(await run(folder)).toEqual({ first: 'cached', eats: 'completed' });
});

test('a metric may have any name', async () => {
  const folder = temporaryFolder();
  const names = ['__proto__', 'constructor', '', 'a b', '<script>', 'x'.repeat(300)];
  const body = `write('x'); for (const name of ${JSON.stringify(names)}) metric(name, 0.5);`;
  write(folder, { odd: ownComponent(folder, 'odd', body, { runsIn: 'worker' }) });
  expect(await run(folder)).toEqual({ odd: 'completed' });
  expect(await run(folder)).toEqual({ odd: 'cached' });
  const { stdout } = await pipeline(folder, ['show', '--json']);
  const [execution] = (JSON.parse(stdout) as { executions: { metrics: object }[] }).executions;
  expect(new Set(Object.keys(execution?.metrics ?? {}))).toEqual(new Set(names));
});

describe('an input', () => {
  const spoiling: Readonly<Record<string, string>> = {
    'whose file is written into': `
      const file = join(inputs.in.path, 'data');
      if ((fs.statSync(file).mode & 0o222) !== 0) throw new Error('it can be written');
      fs.chmodSync(file, 0o644);
      fs.writeFileSync(file, 'b');`,
    'that gets a file more': "fs.writeFileSync(join(inputs.in.path, 'more'), '');",
    'that loses a file': "fs.rmSync(join(inputs.in.path, 'data'));",
    'that gets a folder deeper than any of an artifact':
      "fs.mkdirSync(join(inputs.in.path, ...'d'.repeat(101)), { recursive: true });",
    'that is taken away': 'fs.rmSync(inputs.in.path, { recursive: true });',
  };
  test.each(Object.entries(spoiling))(
    '%s: the damage is found, the result not kept, and all is made again',
    async (_, spoil) => {
      const folder = temporaryFolder();
      const bad = ownComponent(folder, 'bad', `if (once('spoiled')) { ${spoil} } write('x');`, {
        from: 'first.report',
      });
      write(folder, { first: step('first', 'a'), bad });
      const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
      expect(status).toBe(0);
      expect(events(stdout)).toContainEqual(
        expect.objectContaining({
          type: 'step-log',
          level: 'warn',
          message: 'changed while the step ran: the input in; its result is not kept for later runs',
        }),
      );
      expect(await run(folder)).toEqual({ first: 'completed', bad: 'completed' });
      expect(executed(folder, 'first')).toBe(2);
      expect(await run(folder)).toEqual({ first: 'cached', bad: 'cached' });
      expect((await pipeline(folder, ['verify'])).status).toBe(0);
    },
  );
});

test('what a step made goes at once when its inputs cannot be looked at any more', async () => {
  const folder = temporaryFolder();
  const body = `
    write('x');
    const { createRequire } = await import('node:module');
    const database = new (createRequire(process.argv[1])('libsql'))(join(baseDir, '.pipeline', 'metadata.db'));
    database.exec('DROP TABLE pipeline_witness');
    database.close();`;
  write(folder, { first: step('first', 'a'), bad: ownComponent(folder, 'bad', body, { from: 'first.report' }) });
  expect(await run(folder)).toEqual({ first: 'completed', bad: 'failed' });
  expect(readdirSync(join(folder, '.pipeline', 'staging'))).toEqual([]);
});

test('an input that several steps find damaged at once is made again for all of them', async () => {
  const folder = temporaryFolder();
  const spoil = `
    const file = join(inputs.in.path, 'data');
    if (once('spoiled')) { fs.chmodSync(file, 0o644); fs.writeFileSync(file, 'b'); }
    write('s');`;
  const readers = Object.fromEntries(
    ['one', 'two', 'three'].map((name) => [name, step(name, name, { in: 'first.report' }, { after: ['spoils'] })]),
  );
  const spoils = ownComponent(folder, 'spoils', spoil, { from: 'first.report' });
  write(folder, { first: step('first', 'a'), spoils, ...readers, last: step('last', 'l', { in: 'two.report' }) });
  const all = ['first', 'spoils', ...Object.keys(readers), 'last'];
  expect(await run(folder, '--jobs', '3')).toEqual(Object.fromEntries(all.map((name) => [name, 'completed'])));
  expect(executed(folder, 'first')).toBe(2);
  expect(Object.keys(readers).map((name) => executed(folder, name))).toEqual([1, 1, 1]);
  expect((await pipeline(folder, ['verify'])).status).toBe(0);
});

describe('the folder of a step that runs beside it', () => {
  const beside = async (folder: string, meddling: string): Promise<Readonly<Record<string, string>>> => {
    const waits = `
      write('v');
      fs.writeFileSync(join(baseDir, 'there'), '');
      while (!fs.existsSync(join(baseDir, 'meddled'))) await new Promise((done) => setTimeout(done, 5));`;
    const meddles = `
      while (!fs.existsSync(join(baseDir, 'there'))) await new Promise((done) => setTimeout(done, 5));
      if (!fs.existsSync(join(baseDir, 'meddled'))) {
        const staging = join(outputs.report.path, '..', '..');
        for (const place of fs.readdirSync(staging).map((name) => join(staging, name))) {
          if (outputs.report.path.startsWith(place)) continue;
          ${meddling}
        }
        fs.writeFileSync(join(baseDir, 'meddled'), '');
      }
      write('m');`;
    write(folder, { waits: ownComponent(folder, 'waits', waits), meddles: ownComponent(folder, 'meddles', meddles) });
    return await run(folder, '--jobs', '2');
  };

  test('that is written into: what is published is whole, and so is the store', async () => {
    const folder = temporaryFolder();
    const ends = await beside(
      folder,
      "for (const name of fs.readdirSync(place)) fs.writeFileSync(join(place, name, 'stray'), 's');",
    );
    expect(ends).toEqual({ waits: 'completed', meddles: 'completed' });
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
    expect(await run(folder)).toEqual({ waits: 'cached', meddles: 'cached' });
  });

  test('that gets a file beside the outputs: that step fails, and the next run makes it', async () => {
    const folder = temporaryFolder();
    const ends = await beside(folder, "fs.writeFileSync(join(place, 'stray'), 's');");
    expect(ends).toEqual({ waits: 'failed', meddles: 'completed' });
    expect(readdirSync(join(folder, '.pipeline', 'staging'))).toEqual([]);
    expect(await run(folder)).toEqual({ waits: 'completed', meddles: 'cached' });
  });

  test('that is taken away: that step fails, and the next run makes it', async () => {
    const folder = temporaryFolder();
    const ends = await beside(folder, 'fs.rmSync(place, { recursive: true });');
    expect(ends).toEqual({ waits: 'failed', meddles: 'completed' });
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
    expect(await run(folder)).toEqual({ waits: 'completed', meddles: 'cached' });
  });
});
