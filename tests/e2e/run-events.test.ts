/**
 * Lines of `run --json` are what their published schema says, and the schema is what its page says.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunEvent } from '../../runner/execution/run-event.js';
import { jsonReporter } from '../../runner/reporting/json-reporter.js';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { eventfulRun } from '../rig/run-events.js';
import { failingStep, runPipeline, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

interface Definition {
  readonly description: string;
  readonly properties: Readonly<Record<string, object>>;
}

const schema = JSON.parse(readFileSync('schemas/run-events.schema.json', 'utf8')) as {
  readonly $defs: Readonly<Record<string, Definition>>;
  readonly oneOf: readonly { readonly $ref: string }[];
};
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** Checks every line, and returns the types that there were. */
function checked(stdout: string): readonly string[] {
  const lines = events(stdout);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    validate(line);
    expect({ line, errors: validate.errors ?? [] }).toEqual({ line, errors: [] });
  }
  return [...new Set(lines.map(({ type }) => String(type)))];
}

async function run(folder: string, ...more: readonly string[]): Promise<readonly string[]> {
  return checked((await pipeline(folder, ['run', 'p.yaml', '--json', ...more])).stdout);
}

const first = step('first', 'a');

describe('every line has the form that the schema gives it', () => {
  test('of a run that succeeds, and of one that is cached', async () => {
    const folder = temporaryFolder();
    write(folder, {
      first,
      second: step('second', 'b', { in: 'first.report' }),
      says: scriptStep("console.log('hello'); require('fs').writeFileSync(process.argv[1] + '/data', '')"),
    });
    expect(await run(folder)).toEqual(
      expect.arrayContaining(['run-started', 'step-started', 'step-log', 'step-completed', 'run-ended']),
    );
    expect(await run(folder)).toEqual(['run-started', 'step-cached', 'run-ended']);
    expect(await run(folder, '--no-cache', '--check-determinism')).toContain('step-checked');
    const fails = `{ command: ["${process.execPath}", -e, "console.log(1); process.exit(1)"] }`;
    write(folder, { first }, 'demo', [`on_success: [${fails}]`]);
    expect(await run(folder)).toEqual(['run-started', 'step-cached', 'hook-ended', 'run-ended']);
  });

  test('of metrics, progress and warnings, which components report', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'own'));
    writeFileSync(
      join(folder, 'own/talker.ts'),
      `import { artifactTypes, defineSpec, output } from 'tfjs-pipelines';
import { writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Talker', doc: 'Talks.', runsIn: 'worker', outputs: { report: output(artifactTypes.get('File')!) },
});
export const execute = async ({ outputs, log, progress, metric }) => {
  log.warn('careful');
  progress({ message: 'half', fraction: 0.5, rate: { value: 3, unit: 'images' }, etaSeconds: 2 });
  metric('accuracy', 0.5);
  writeFileSync(outputs.report.path + '/data', '');
};
`,
    );
    write(folder, { talker: '{ component: ./own/talker.ts }' });
    expect(await run(folder)).toEqual(expect.arrayContaining(['step-progress', 'step-log', 'step-completed']));
  });

  test('of failures, retries, what is abandoned, and what is skipped', async () => {
    const folder = temporaryFolder();
    write(folder, {
      flaky: scriptStep(
        "const fs = require('fs'); if (fs.existsSync('once')) fs.writeFileSync(process.argv[1] + '/data', ''); else { fs.writeFileSync('once', ''); process.exit(1); }",
        {},
        { retries: { times: 1, pause: '1s' } },
      ),
      broken: failingStep,
      after: step('after', 'x', { in: 'broken.report' }),
      skipped: step('skipped', 'x', {}, { when: '1 > 2' }),
    });
    expect(await run(folder)).toEqual(
      expect.arrayContaining(['step-retry', 'step-failed', 'step-abandoned', 'step-skipped']),
    );
  });

  test('of a run that is stopped', async () => {
    const folder = temporaryFolder();
    write(folder, {
      endless: scriptStep("console.log('waiting'); setInterval(() => 0, 1000)"),
      after: step('after', 'x', { in: 'endless.report' }),
    });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('waiting') && !child.killed) child.kill('SIGINT');
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(checked(text)).toEqual(expect.arrayContaining(['run-stopping', 'step-canceled', 'run-ended']));
  });

  test('of a damaged artifact', async () => {
    const folder = temporaryFolder();
    write(folder, { first });
    await runPipeline(folder);
    const { stdout } = await pipeline(folder, ['artifacts', '--json']);
    const digest = /"digest":"([0-9a-f]{64})"/u.exec(stdout)?.[1] ?? '';
    const artifact = join(folder, '.pipeline', 'artifacts', digest);
    expect(existsSync(artifact)).toBe(true);
    chmodSync(artifact, 0o755);
    chmodSync(join(artifact, 'data'), 0o644);
    writeFileSync(join(artifact, 'data'), 'b');
    expect(await run(folder)).toContain('artifact-damaged');
  });

  test('of what keeps a run from beginning', async () => {
    const folder = temporaryFolder();
    write(folder, { first: '{ component: Nothing }' });
    expect(await run(folder)).toEqual(['invalid-pipeline']);
    write(folder, { first });
    expect(await run(folder, '--only', 'frist')).toEqual(['error']);
  });

  test('of all that reporters are fed with', () => {
    let text = '';
    const output = {
      write: (more: string) => (text += more),
      isBehind: false,
      isTTY: false,
      columns: 80,
      rows: 24,
      colors: false,
    };
    const reporter = jsonReporter(
      { ...output, onResize: () => () => undefined },
      { now: () => 1_700_000_000_000, every: () => () => undefined },
    );
    for (const event of eventfulRun) reporter.report(event);
    checked(text);
  });
});

/** All types there are: the compiler finds one that is missing here. */
const TYPES: Readonly<Record<RunEvent['type'], true>> = {
  'run-started': true,
  'step-cached': true,
  'step-started': true,
  'step-progress': true,
  'step-log': true,
  'step-retry': true,
  'step-completed': true,
  'step-failed': true,
  'step-checked': true,
  'step-canceled': true,
  'step-skipped': true,
  'step-abandoned': true,
  'artifact-damaged': true,
  'run-stopping': true,
  'run-recovered': true,
  'hook-ended': true,
  'run-ended': true,
};

describe('the schema', () => {
  test('has every type of event, and refuses what is none', () => {
    const types = schema.oneOf.map(({ $ref }) => $ref.replace('#/$defs/', ''));
    expect(types.toSorted()).toEqual(
      [...Object.keys(TYPES), 'error', 'invalid-pipeline', 'watching', 'changed'].toSorted(),
    );
    const ended = { type: 'run-ended', level: 'info', time: 1, run: 1, outcome: 'complete', durationMs: 1 };
    expect(validate(ended)).toBe(true);
    for (const wrong of [
      { ...ended, type: 'run-finished' },
      { ...ended, outcome: 'good' },
      { ...ended, more: 1 },
      { ...ended, run: undefined, time: '1' },
    ]) {
      expect(validate(JSON.parse(JSON.stringify(wrong)))).toBe(false);
    }
  });

  test.each(Object.entries(schema.$defs))('is told in docs/events.md: %s', (name, { description, properties }) => {
    const page = readFileSync('docs/events.md', 'utf8');
    const section = page.split(/^##+ /mu).find((each) => each.startsWith(`${name}\n`));
    expect(section).toContain(description);
    const common = ['type', 'level', 'time'];
    for (const field of Object.keys(properties)) {
      if (name !== 'artifact' && common.includes(field)) expect(page).toContain(`\`${field}\``);
      else expect(section).toContain(`| \`${field}\` |`);
    }
  });
});
