import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { fileServers, nobody, type Answer } from '../rig/file-server.js';
import { failingStep, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const serve = fileServers();

const schema = JSON.parse(readFileSync('schemas/run-summary.schema.json', 'utf8')) as object;
const isSummary = new Ajv2020({ strictTypes: false }).compile(schema);

/** A command hook that runs a script. */
function script(text: string, more: object = {}): object {
  return { command: [process.execPath, '-e', text], ...more };
}

/** A hook that keeps what it is given in a file. */
function keep(file: string): object {
  return script(`const fs = require('fs'); fs.writeFileSync('${file}', fs.readFileSync(0))`);
}

const top = (key: string, ...hooks: readonly object[]): string => `${key}: ${JSON.stringify(hooks)}`;

function summaryIn(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

/** Takes a request's headers and body, then answers. */
function taking(into: { headers?: unknown; body?: string }, status = 204): Answer {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      into.headers = { ...request.headers, method: request.method };
      into.body = Buffer.concat(chunks).toString();
      response.writeHead(status, { location: '/elsewhere' });
      response.end();
    });
  };
}

describe('hooks', () => {
  test('on_success: a command is given the summary of the run', async () => {
    const folder = temporaryFolder();
    const measures = scriptStep("require('fs').writeFileSync(process.argv[1] + '/data', 'x')");
    const nodes = { first: measures, second: step('second', 'b', { in: 'first.report' }, { when: 'false' }) };
    writePipeline(folder, nodes, 'demo', [
      top('on_success', keep('success.json')),
      top('on_failure', keep('failure.json')),
    ]);
    expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(0);
    const summary = summaryIn(folder, 'success.json');
    expect(isSummary(summary) ? [] : isSummary.errors).toEqual([]);
    expect(summary).toMatchObject({
      version: 1,
      run: 1,
      pipeline: 'demo',
      outcome: 'complete',
      nodes: [
        {
          name: 'first',
          component: 'Command',
          state: 'complete',
          attempts: 1,
          artifacts: [{ output: 'report', type: 'File', bytes: 1 }],
        },
        { name: 'second', state: 'skipped', because: 'not so: false', attempts: 0, durationMs: 0 },
      ],
    });
    expect(existsSync(join(folder, 'failure.json'))).toBe(false);
    await pipeline(folder, ['run', 'p.yaml']);
    expect(summaryIn(folder, 'success.json')).toMatchObject({ run: 2, nodes: [{ state: 'cached', attempts: 0 }, {}] });
  });

  test('on_failure: a webhook is sent the summary, with a secret in a header', async () => {
    const folder = temporaryFolder();
    const got: { headers?: unknown; body?: string } = {};
    const { url } = await serve(taking(got));
    const hook = { webhook: url, headers: { Authorization: 'Bearer ${secrets.TOKEN}', 'X-Who': '${params.who}' } };
    const nodes = { bad: failingStep, after: step('after', 'a', { in: 'bad.report' }), good: step('good', 'g') };
    const head = ['params: {who: me}', 'secrets: [TOKEN]', top('on_failure', hook), top('on_success', keep('no.json'))];
    writePipeline(folder, nodes, 'demo', head);
    const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml'], { TOKEN: 'open-sesame' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/on_failure\[0\], http:\/\/127\.0\.0\.1:\d+: called/u);
    expect(stdout + stderr).not.toContain('open-sesame');
    expect(got.headers).toMatchObject({
      method: 'POST',
      'content-type': 'application/json',
      authorization: 'Bearer open-sesame',
      'x-who': 'me',
    });
    const summary: unknown = JSON.parse(got.body ?? '');
    expect(isSummary(summary) ? [] : isSummary.errors).toEqual([]);
    expect(summary).toMatchObject({
      outcome: 'failed',
      nodes: [
        { name: 'bad', state: 'failed', failure: { code: 'program-failed' } },
        { name: 'after', state: 'abandoned', because: 'bad' },
        { name: 'good', state: 'complete' },
      ],
    });
    expect(existsSync(join(folder, 'no.json'))).toBe(false);
  });

  test('that fail are warnings: neither exit status nor store changes, and the next one is called', async () => {
    const folder = temporaryFolder();
    const refusing = await serve(taking({}, 500));
    const redirecting = await serve(taking({}, 307));
    const silent = await serve(() => undefined);
    const hooks = [
      script("console.log('half done'); process.exit(3)"),
      { command: ['./no-such-program'] },
      script('setInterval(() => 0, 1000)', { timeout: '200ms' }),
      { webhook: refusing.url },
      { webhook: redirecting.url },
      { webhook: silent.url, timeout: '200ms' },
      { webhook: await nobody() },
      keep('last.json'),
    ];
    writePipeline(folder, { first: step('first', 'a') }, 'demo', [top('on_success', ...hooks)]);
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json']);
    expect(status).toBe(0);
    const told = events(stdout).filter(({ type }) => type === 'hook-ended');
    expect(told.map(({ hook, problem }) => [hook, problem])).toEqual([
      ['on_success[0]', 'ended with status 3'],
      ['on_success[1]', expect.stringContaining('ENOENT')],
      ['on_success[2]', 'it took longer than its timeout of 200ms'],
      ['on_success[3]', 'answered with status 500'],
      ['on_success[4]', 'answered with status 307'],
      ['on_success[5]', 'it took longer than its timeout of 200ms'],
      ['on_success[6]', expect.stringContaining('ECONNREFUSED')],
      ['on_success[7]', undefined],
    ]);
    expect(told[0]).toMatchObject({ lines: ['half done'], target: process.execPath, level: 'warn' });
    expect(redirecting.ranges).toHaveLength(1);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'run-ended', outcome: 'complete' });
    expect(existsSync(join(folder, 'last.json'))).toBe(true);
    const shown = await pipeline(folder, ['show', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: 1, state: 'COMPLETE' });
    expect((await pipeline(folder, ['run', 'p.yaml'])).stdout).toContain('on_success[0]: ');
  });

  test('are called when the store is free again, with their declared environment, secrets masked', async () => {
    const folder = temporaryFolder();
    const says =
      "const fs = require('fs'); console.log('key ' + process.env.KEY, Object.keys(process.env).sort().join())";
    const looks = script(`${says}; console.log(fs.readdirSync(process.env.PIPELINE_ROOT + '/locks').length)`, {
      env: { KEY: '${secrets.TOKEN}' },
    });
    writePipeline(folder, { first: step('first', 'a') }, 'demo', ['secrets: [TOKEN]', top('on_success', looks)]);
    const { stdout } = await pipeline(folder, ['run', 'p.yaml', '--json'], { TOKEN: 'open-sesame', OTHER: 'x' });
    expect(stdout).not.toContain('open-sesame');
    expect(events(stdout).find(({ type }) => type === 'hook-ended')).toMatchObject({
      lines: ['key *** KEY,LANG,PATH,PIPELINE_ROOT', '0'],
    });
  });

  test('are no ingredients, and none is called for a canceled run', async () => {
    const folder = temporaryFolder();
    const waits = scriptStep("require('fs').writeFileSync('going', ''); setInterval(() => 0, 1000)");
    const first = { first: step('first', 'a') };
    writePipeline(folder, first);
    await pipeline(folder, ['run', 'p.yaml']);
    const both = [top('on_success', keep('called')), top('on_failure', keep('called'))];
    writePipeline(folder, { ...first, waits }, 'demo', both);
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    let said = '';
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"step-started","node":"waits"') && !child.killed) child.kill('SIGINT');
    });
    expect(await ended).toBe(130);
    expect(events(said).filter(({ type }) => type === 'step-cached')).toHaveLength(1);
    expect(existsSync(join(folder, 'called'))).toBe(false);
  });

  test('are not called by --dry-run', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { first: step('first', 'a') }, 'demo', [top('on_success', keep('called'))]);
    await pipeline(folder, ['run', 'p.yaml', '--dry-run']);
    expect(existsSync(join(folder, 'called'))).toBe(false);
    await pipeline(folder, ['run', 'p.yaml']);
    expect(existsSync(join(folder, 'called'))).toBe(true);
  });
});
