/**
 * A store that several machines share; each machine is a store of its own here.
 */
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { faultsOf } from '../faults/stored.js';
import { startBucket, type Bucket } from '../rig/bucket.js';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { fileServers } from '../rig/file-server.js';
import { untilEnded } from '../rig/processes.js';
import { executed, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const startServer = fileServers();

interface Ran {
  readonly status: number | null;
  readonly ends: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** A folder with a pipeline of two steps, and an empty shared store. */
function workplace(): { readonly folder: string; readonly remote: string; readonly count: () => number } {
  const folder = temporaryFolder();
  const remote = join(folder, 'shared');
  mkdirSync(remote);
  writePipeline(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
  return { folder, remote, count: () => executed(folder, 'first') + executed(folder, 'second') };
}

/** Runs the pipeline on the machine of this name. */
async function run(
  folder: string,
  machine: string,
  env: Readonly<Record<string, string>> = { PIPELINE_REMOTE: 'shared', PIPELINE_REMOTE_ACCESS: 'write' },
): Promise<Ran> {
  const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', '--root', machine], env);
  const all = events(stdout);
  const ends = all.filter(({ type }) => type === 'step-cached' || type === 'step-completed' || type === 'step-failed');
  return {
    status,
    ends: Object.fromEntries(
      ends.map(({ node, type, remote }) => [
        String(node),
        `${String(type).replace('step-', '')}${remote === undefined ? '' : ' there'}`,
      ]),
    ),
    warnings: all.filter(({ type }) => type === 'step-log').map(({ message }) => String(message)),
  };
}

const READ = { PIPELINE_REMOTE: 'shared' };

/** The only files of a kind in the shared store. */
function filesOf(remote: string, kind: string): readonly string[] {
  return readdirSync(join(remote, kind), { recursive: true, encoding: 'utf8' })
    .map((name) => join(remote, kind, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

describe('a shared store', () => {
  test('what one machine has run is not executed on another, and is its own from then on', async () => {
    const { folder, count } = workplace();
    expect(await run(folder, 'one')).toMatchObject({ ends: { first: 'completed', second: 'completed' }, warnings: [] });
    expect(await run(folder, 'two', READ)).toMatchObject({ ends: { first: 'cached there', second: 'cached there' } });
    expect(count()).toBe(2);
    expect((await pipeline(folder, ['verify', '--root', 'two'])).status).toBe(0);
    expect((await pipeline(folder, ['show', '--root', 'two'])).stdout).toMatch(
      /second .* from .*shared: made by second in run 1/u,
    );
    expect((await pipeline(folder, ['lineage', 'second.report', '--root', 'two'])).stdout).toContain('first.report');
    rmSync(join(folder, 'shared'), { recursive: true });
    expect(await run(folder, 'two', {})).toMatchObject({ ends: { first: 'cached', second: 'cached' }, warnings: [] });
  });

  test('a changed step is executed, the others are brought', async () => {
    const { folder } = workplace();
    await run(folder, 'one');
    writePipeline(folder, { first: step('first', 'a'), second: step('second', 'other', { in: 'first.report' }) });
    expect((await run(folder, 'two', READ)).ends).toEqual({ first: 'cached there', second: 'completed' });
  });

  test('who may only read writes nothing; what was forced or not to be cached is not shared', async () => {
    const { folder, remote } = workplace();
    expect((await run(folder, 'one', READ)).status).toBe(0);
    expect(readdirSync(remote)).toEqual([]);
    await pipeline(folder, ['run', 'p.yaml', '--root', 'two', '--no-cache'], {
      ...READ,
      PIPELINE_REMOTE_ACCESS: 'write',
    });
    expect(readdirSync(remote)).toEqual([]);
  });

  test('damage there is noticed, costs an execution, and is mended by who may write', async () => {
    const { folder, remote } = workplace();
    await run(folder, 'one');
    for (const file of filesOf(remote, 'files')) writeFileSync(file, readFileSync(file, 'utf8').toUpperCase());
    const { status, ends, warnings } = await run(folder, 'two');
    expect([status, ends]).toEqual([0, { first: 'completed', second: 'completed' }]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/artifact [0-9a-f]{12} in .* is damaged: data has other content; it is not used/u);
    expect(await run(folder, 'three')).toMatchObject({
      ends: { first: 'cached there', second: 'cached there' },
      warnings: [],
    });
  });

  test('nothing is written outside of the artifact, whatever a manifest says', async () => {
    const { folder, remote } = workplace();
    await run(folder, 'one');
    const content = 'evil';
    const manifest = canonicalJson({
      version: 1,
      files: [{ path: '../../../../evil', size: content.length, sha256: sha256Hex(content) }],
    });
    const digest = sha256Hex(manifest);
    const place = (kind: string, name: string): string => join(remote, kind, name.slice(0, 2), name);
    for (const [path, text] of [
      [place('manifests', digest), manifest],
      [place('files', sha256Hex(content)), content],
    ] as const) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, text);
    }
    for (const file of filesOf(remote, 'results')) {
      const { record } = JSON.parse(readFileSync(file, 'utf8')) as { record: string };
      const changed = JSON.parse(record) as { outputs: { digest: string }[] };
      for (const output of changed.outputs) output.digest = digest;
      writeFileSync(file, JSON.stringify({ record: JSON.stringify(changed) }));
    }
    const { ends, warnings } = await run(folder, 'two', READ);
    expect(ends).toEqual({ first: 'completed', second: 'completed' });
    expect(warnings[0]).toContain('its manifest is missing or was changed');
    const everything = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(everything.filter((name) => name.endsWith('evil'))).toEqual([]);
  });

  test.each([
    ['no JSON', 'nothing'],
    ['another fingerprint', '{"record":"{\\"version\\":1,\\"fingerprint\\":\\"00\\"}"}'],
    ['a list', '[]'],
  ])('a result that is malformed (%s) is told of, and not used', async (_, text) => {
    const { folder, remote } = workplace();
    await run(folder, 'one');
    for (const file of filesOf(remote, 'results')) writeFileSync(file, text);
    const { ends, warnings } = await run(folder, 'two', READ);
    expect(ends).toEqual({ first: 'completed', second: 'completed' });
    expect(warnings[0]).toContain('is malformed; it is not used');
  });

  test('with a key, only results that it has signed are used', async () => {
    const { folder, remote } = workplace();
    for (const name of ['ours', 'theirs']) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      writeFileSync(join(folder, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
      writeFileSync(join(folder, `${name}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    }
    const write = { PIPELINE_REMOTE: 'shared', PIPELINE_REMOTE_ACCESS: 'write' };
    const careful = { ...READ, PIPELINE_REMOTE_PUBLIC_KEY: 'ours.pub' };
    for (const env of [write, { ...write, PIPELINE_REMOTE_PRIVATE_KEY: 'theirs.key' }]) {
      rmSync(remote, { recursive: true });
      mkdirSync(remote);
      rmSync(join(folder, 'one'), { recursive: true, force: true });
      rmSync(join(folder, 'two'), { recursive: true, force: true });
      await run(folder, 'one', env);
      const { ends, warnings } = await run(folder, 'two', careful);
      expect(ends).toEqual({ first: 'completed', second: 'completed' });
      expect(warnings[0]).toContain('not signed by the expected key');
    }
    rmSync(remote, { recursive: true });
    mkdirSync(remote);
    rmSync(join(folder, 'one'), { recursive: true });
    await run(folder, 'one', { ...write, PIPELINE_REMOTE_PRIVATE_KEY: 'ours.key' });
    expect((await run(folder, 'three', careful)).ends).toEqual({ first: 'cached there', second: 'cached there' });
  });

  test('one that fails costs one warning, and the run goes on', async () => {
    const { folder, remote } = workplace();
    writeFileSync(join(remote, 'results'), 'no folder');
    const { status, ends, warnings } = await run(folder, 'one');
    expect([status, ends]).toEqual([0, { first: 'completed', second: 'completed' }]);
    expect(warnings).toEqual([expect.stringMatching(/shared cannot be used: .*; the run goes on without it$/u)]);
  });

  test.each([
    [{ PIPELINE_REMOTE: 'nowhere' }, 'which is no folder'],
    [{ PIPELINE_REMOTE: 'ftp://example.org/x' }, 'of a kind that is not known'],
    [{ PIPELINE_REMOTE: 'file://host/%00' }, 'PIPELINE_REMOTE is'],
    [{ PIPELINE_REMOTE: 'shared', PIPELINE_REMOTE_ACCESS: 'all' }, "PIPELINE_REMOTE_ACCESS is 'all'"],
    [{ PIPELINE_REMOTE: 'shared', PIPELINE_REMOTE_PUBLIC_KEY: 'p.yaml' }, 'it is no key'],
    [{ PIPELINE_REMOTE: 'shared', PIPELINE_REMOTE_PRIVATE_KEY: 'none.pem' }, 'cannot be used'],
  ])('refuses %j', async (env, message) => {
    const { folder } = workplace();
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', '--root', 'one'], env);
    expect(status).toBe(2);
    expect(stderr).toContain('bad-remote');
    expect(stderr).toContain(message);
    expect(existsSync(join(folder, 'one'))).toBe(false);
  });

  test('two machines that share at once leave one whole store', async () => {
    const { folder, remote } = workplace();
    const machines = ['one', 'two', 'three'];
    await Promise.all(machines.map((machine) => run(folder, machine)));
    const names = readdirSync(remote, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await run(folder, 'four', READ)).ends).toEqual({ first: 'cached there', second: 'cached there' });
  });
});

describe('a shared store in a bucket', () => {
  const SECRET = 'kept/secret+key';
  let bucket: Bucket;
  beforeEach(async () => {
    bucket = await startBucket(SECRET);
  });
  afterEach(async () => {
    await bucket.close();
  });

  function access(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      PIPELINE_REMOTE: 's3://models/team',
      AWS_ENDPOINT_URL_S3: bucket.endpoint,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: SECRET,
      ...more,
    };
  }

  test('what one machine has run is not executed on another', async () => {
    const { folder, count } = workplace();
    const made = await run(folder, 'one', access({ PIPELINE_REMOTE_ACCESS: 'write' }));
    expect(made).toMatchObject({ status: 0, ends: { first: 'completed', second: 'completed' }, warnings: [] });
    expect(
      [...bucket.objects.keys()].every((name) =>
        /^\/models\/team\/(?:files|manifests|results)\/[0-9a-f]{64}$/u.test(name),
      ),
    ).toBe(true);
    expect(bucket.objects.size).toBe(6);
    bucket.requests.length = 0;
    expect((await run(folder, 'two', access())).ends).toEqual({ first: 'cached there', second: 'cached there' });
    expect(count()).toBe(2);
    expect(bucket.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect((await pipeline(folder, ['verify', '--root', 'two'])).status).toBe(0);
  });

  test('a service that is busy is asked again; one that refuses costs a warning without the secret', async () => {
    const { folder } = workplace();
    bucket.failures.push(503, 500);
    expect(await run(folder, 'one', access({ PIPELINE_REMOTE_ACCESS: 'write' }))).toMatchObject({
      status: 0,
      warnings: [],
    });
    const { status, ends, warnings } = await run(folder, 'two', access({ AWS_SECRET_ACCESS_KEY: 'another' }));
    expect([status, ends]).toEqual([0, { first: 'completed', second: 'completed' }]);
    expect(warnings).toEqual([
      's3://models/team cannot be used: s3://models/team answers 403 SignatureDoesNotMatch; the run goes on without it',
    ]);
  });

  test.each([
    ['looks for a result', 'GET', 0, []],
    ['shares one', 'HEAD', 2, ['the run was stopped before all of its results were in s3://models/team']],
  ])('a run that %s there ends at once with a signal', async (_, waitsFor, completed, warnings) => {
    const { folder, count } = workplace();
    const started: ChildProcess[] = [];
    const { url } = await startServer(({ method }, response) => {
      if (method === waitsFor) started[0]?.kill('SIGTERM');
      else response.writeHead(404).end();
    });
    const env = access({ PIPELINE_REMOTE_ACCESS: 'write', AWS_ENDPOINT_URL_S3: new URL(url).origin });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json'], env);
    started.push(child);
    const said = child.stdout === null ? '' : text(child.stdout);
    // The service is waited for half a minute.
    const begun = Date.now();
    expect(await untilEnded(child)).toEqual({ status: 130, signal: null });
    expect(Date.now() - begun).toBeLessThan(25_000);
    const told = events(await said);
    expect(told.filter(({ type }) => type === 'step-log').map(({ message }) => message)).toEqual(warnings);
    expect(told.filter(({ type }) => type === 'step-started').length).toBeLessThanOrEqual(completed);
    expect(count()).toBeLessThanOrEqual(completed);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test.each([
    [{ PIPELINE_REMOTE: 's3://models/../up' }, "PIPELINE_REMOTE is 's3://models/../up'"],
    [{ PIPELINE_REMOTE: 's3://NO' }, "PIPELINE_REMOTE is 's3://NO'"],
    [{ AWS_SECRET_ACCESS_KEY: '' }, 'AWS_SECRET_ACCESS_KEY'],
    [{ AWS_ENDPOINT_URL_S3: 'file:///etc' }, 'no web address'],
  ])('refuses %j', async (env, message) => {
    const { folder } = workplace();
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', '--root', 'one'], access(env));
    expect([status, stderr.includes('bad-remote'), stderr.includes(message)]).toEqual([2, true, true]);
  });
});
