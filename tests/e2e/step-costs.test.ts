/**
 * What steps take and use: measured, recorded, shown; and what is said when memory runs out.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** What can be measured of a program needs the files of Linux. */
const onLinux = existsSync('/proc/self/stat') ? test : test.skip;

/** A component that executes in a worker process, or in the runner's own. */
function writeComponent(folder: string, body: string, runsIn: 'worker' | 'runner' = 'worker'): void {
  mkdirSync(join(folder, 'own'), { recursive: true });
  writeFileSync(
    join(folder, 'own/hungry.ts'),
    `import { artifactTypes, defineSpec, output } from 'tfjs-pipelines';
import { writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Hungry', doc: 'Needs memory.', runsIn: '${runsIn}', outputs: { report: output(artifactTypes.get('File')!) },
});
export const execute = async ({ outputs }: { outputs: { report: { path: string } } }) => {
  ${body}
  writeFileSync(outputs.report.path + '/data', 'done');
};
`,
  );
}

interface Shown {
  readonly executions: readonly {
    readonly node: string;
    readonly timings: Readonly<Record<string, number>>;
    readonly resources: Readonly<Record<string, number>>;
    readonly failure?: { readonly code: string; readonly message: string };
  }[];
}

async function show(folder: string): Promise<Shown['executions']> {
  const { stdout } = await pipeline(folder, ['show', '--json']);
  return (JSON.parse(stdout) as Shown).executions;
}

/** Is busy for a time on a processor, however many others want it. */
function busy(ms: number): string {
  const used = '(({ user, system }) => user + system)(process.cpuUsage(begun))';
  return `const begun = process.cpuUsage(); while (${used} < ${String(ms)}e3);`;
}

/** Works in 100 MB for 0.4 seconds of a processor. */
const BUSY = `const held = Buffer.alloc(100e6, 1); ${busy(400)} held[0]++;`;

describe('what a step takes and uses', () => {
  onLinux('is measured of programs and workers, recorded, and shown', async () => {
    const folder = temporaryFolder();
    writeComponent(folder, BUSY);
    write(folder, {
      program: scriptStep(`${BUSY} require('fs').writeFileSync(process.argv[1] + '/data', 'hello')`),
      reader: step('reader', 'x', { in: 'program.report' }),
      worker: '{ component: ./own/hungry.ts }',
    });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
    const told = events(stdout).find(({ type, node }) => type === 'step-completed' && node === 'program');
    const executions = await show(folder);
    const of = (name: string): Shown['executions'][number] | undefined => executions.find(({ node }) => node === name);
    expect(told?.['resources']).toEqual({ ...of('program')?.resources, queuedMs: of('program')?.timings['queuedMs'] });
    for (const name of ['program', 'worker']) {
      expect(of(name)?.resources['peakMemoryBytes']).toBeGreaterThan(100e6);
      expect(of(name)?.resources['cpuMs']).toBeGreaterThan(100);
    }
    expect(of('program')?.resources).toMatchObject({ bytesIn: 0, bytesOut: 5 });
    expect(of('reader')?.resources).toMatchObject({ bytesIn: 5, bytesOut: 6 });
    const text = (await pipeline(folder, ['show'])).stdout;
    expect(text).toMatch(
      /resources\n +waited +executed +CPU +memory +in +out\n +program +\S+ +\S+ +\S+ +1\d\d MB +0 B +5 B/u,
    );
  });

  onLinux('is measured of each step alone in a worker that they share', async () => {
    const folder = temporaryFolder();
    writeComponent(folder, BUSY);
    writeFileSync(
      join(folder, 'own/light.ts'),
      `import { readFileSync, writeFileSync } from 'node:fs';
import { artifactTypes, defineSpec, input, output } from 'tfjs-pipelines';
const File = artifactTypes.get('File')!;
export const spec = defineSpec({
  name: 'Light', doc: 'Needs little.', runsIn: 'worker', inputs: { a: input(File) }, outputs: { b: output(File) },
});
export const execute = async ({ inputs, outputs }: {
  inputs: { a: { path: string } }; outputs: { b: { path: string } };
}) => {
  writeFileSync(outputs.b.path + '/data', readFileSync(inputs.a.path + '/data'));
};
`,
    );
    write(folder, {
      first: '{ component: ./own/hungry.ts }',
      light: '{ component: ./own/light.ts, inputs: { a: first.report } }',
    });
    await pipeline(folder, ['run', 'p.yaml', '--jobs', '1']);
    const [first, second] = await show(folder);
    // The time of the step before is not counted again; its memory may still be held.
    expect(second?.resources['cpuMs']).toBeLessThan(first?.resources['cpuMs'] ?? 0);
  });

  onLinux('is measured of a program until its end, and of one that ends at once', async () => {
    const folder = temporaryFolder();
    write(folder, {
      // It works in the middle of what lies between two late looks.
      short: scriptStep(`${busy(150)} require('fs').writeFileSync(process.argv[1] + '/data', '')`),
      shortest:
        "{ component: Command, after: [short], outputs: { out: File }, params: { argv: [touch, '${outputs.out}/data'] } }",
    });
    await pipeline(folder, ['run', 'p.yaml', '--jobs', '1']);
    const [short, shortest] = await show(folder);
    expect(short?.resources['cpuMs']).toBeGreaterThanOrEqual(140);
    expect(shortest?.resources['cpuMs']).toBeGreaterThanOrEqual(0);
  });

  test('is measured of a step in the runner’s process that is alone there', async () => {
    const folder = temporaryFolder();
    writeComponent(folder, `const held = Buffer.alloc(100e6, 1); ${busy(50)} held[0]++;`, 'runner');
    write(folder, { first: '{ component: ./own/hungry.ts }', second: '{ component: ./own/hungry.ts, seed: 2 }' });
    await pipeline(folder, ['run', 'p.yaml', '--jobs', '1']);
    const alone = await show(folder);
    expect(alone).toHaveLength(2);
    for (const { resources } of alone) expect(resources['cpuMs']).toBeGreaterThanOrEqual(50);
    // Growth: what the first one has left may serve the second.
    expect(alone[0]?.resources['peakMemoryBytes']).toBeGreaterThan(50e6);
    expect(alone[1]?.resources['peakMemoryBytes']).toBeGreaterThanOrEqual(0);
    await pipeline(folder, ['run', 'p.yaml', '--jobs', '2', '--no-cache']);
    for (const { resources } of await show(folder)) expect(Object.keys(resources)).toEqual(['bytesIn', 'bytesOut']);
    expect((await pipeline(folder, ['show'])).stdout).toMatch(/^ {2}\? {2}not told apart from others/mu);
  });

  test('is recorded of a step that failed', async () => {
    const folder = temporaryFolder();
    write(folder, { broken: scriptStep('process.exit(3)', {}, { retries: 0 }) });
    await pipeline(folder, ['run', 'p.yaml']);
    const [broken] = await show(folder);
    expect(broken?.failure?.code).toBe('program-failed');
    expect(Number(broken?.timings['executeMs'])).toBeGreaterThan(0);
    expect(broken?.resources).toMatchObject({ bytesIn: 0, bytesOut: 0 });
  });
});

const FILL = 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length));';

describe('a step that runs out of memory', () => {
  test('says so when its program’s heap was full', async () => {
    const folder = temporaryFolder();
    write(folder, { hungry: scriptStep(FILL, {}, { env: { NODE_OPTIONS: '--max-old-space-size=30' } }) });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout).toContain('hungry[out-of-memory]:');
    expect(stdout).toContain('ran out of memory: its JavaScript heap was full');
    expect(stdout).toContain("help: raise its limit, in megabytes, in the node's environment");
  });

  test('says so when the heap of its worker was full', async () => {
    const folder = temporaryFolder();
    writeComponent(folder, FILL);
    write(folder, { hungry: '{ component: ./own/hungry.ts }' });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml'], {
      NODE_OPTIONS: '--max-old-space-size=60',
    });
    expect(status).toBe(1);
    expect(stdout).toContain('hungry[out-of-memory]: the process of the step ran out of memory');
    expect((await show(folder))[0]?.failure?.code).toBe('out-of-memory');
  });

  test('is no step that somebody killed', async () => {
    const folder = temporaryFolder();
    write(folder, { killed: scriptStep("process.kill(process.pid, 'SIGKILL')") });
    const { stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(stdout).toContain('killed[program-failed]:');
    expect(stdout).toContain('was ended by SIGKILL');
  });
});
