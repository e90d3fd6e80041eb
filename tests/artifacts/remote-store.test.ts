import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { currentProcess } from '../../artifacts/process-identity.js';
import { folderObjects } from '../../artifacts/remote/folder-objects.js';
import { openRemoteStore } from '../../artifacts/remote/remote-store.js';
import type { RemoteObjects } from '../../artifacts/remote/remote-objects.js';
import { s3Objects } from '../../artifacts/remote/s3-objects.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { openRoot } from '../../artifacts/store/store-root.js';
import { fileServers } from '../rig/file-server.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const startServer = fileServers();

const NEVER = new AbortController().signal;
const RIGHTS = { write: true, privateKey: undefined, publicKey: undefined };

describe('a shared folder', () => {
  test('keeps nothing of a writer that was killed at any change, once another one writes', async () => {
    const folder = temporaryFolder();
    const [program, file, shared] = ['writer.mjs', 'data', 'shared'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await build({
      entryPoints: [resolve('tests/rig/shared-writer.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    mkdirSync(shared);
    writeFileSync(file, 'x');
    const left = (): readonly string[] =>
      readdirSync(shared, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));
    let everLeft = 0;
    for (let k = 1, killed = true; killed; k++) {
      const env = {
        PATH: process.env['PATH'],
        PIPELINE_FAULT: `SIGKILL@${String(k)}:${join(folder, `changes-${String(k)}`)}`,
      };
      const { signal, status } = spawnSync(process.execPath, [program, shared, `files/${String(k)}`, file], { env });
      killed = signal !== null;
      if (!killed) expect([k > 4, status]).toEqual([true, 0]);
      everLeft += left().length;
      await folderObjects(shared, NEVER).write('files/other', file, '');
      expect(left()).toEqual([]);
    }
    expect(everLeft).toBeGreaterThan(1);
  });

  test('gets nothing of a file that was being copied when the run was stopped', async () => {
    const [shared, stop] = [temporaryFolder(), new AbortController()];
    const file = join(shared, 'data');
    writeFileSync(file, Buffer.alloc(8 << 20));
    const written = folderObjects(shared, stop.signal).write('files/large', file, '');
    stop.abort();
    await expect(written).rejects.toThrow('aborted');
    expect(readdirSync(join(shared, 'files'), { recursive: true })).toEqual(['la', 'unfinished']);
  });

  test('keeps what others may still be writing, and what is not its own', async () => {
    const shared = temporaryFolder();
    const file = join(shared, 'data');
    writeFileSync(file, 'x');
    const unfinished = join(shared, 'files', 'unfinished');
    mkdirSync(unfinished, { recursive: true });
    const elsewhere = { pid: 1, started: '1', boot: 'other', host: 'elsewhere.example' };
    const named = (owner: object, hex: string): string =>
      `.pipeline-${Buffer.from(JSON.stringify(owner)).toString('base64url')}.${hex}.tmp`;
    const living = named(currentProcess(), '00000000');
    const [old, young] = [named(elsewhere, '00000001'), named(elsewhere, '00000002')];
    for (const name of [living, old, young, 'notes.tmp']) writeFileSync(join(unfinished, name), 'x');
    const past = Date.now() / 1000 - 25 * 60 * 60;
    for (const name of [old, 'notes.tmp']) utimesSync(join(unfinished, name), past, past);
    await folderObjects(shared, NEVER).write('files/other', file, '');
    expect(readdirSync(unfinished).sort()).toEqual([living, young, 'notes.tmp'].sort());
  });
});

describe('a bucket whose service', () => {
  const objectsOf = (endpoint: string, stallMs = 60, stop = NEVER): RemoteObjects =>
    s3Objects(
      {
        ...{ bucket: 'models', prefix: '', region: 'here', endpoint, sessionToken: undefined },
        ...{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'kept-secret' },
      },
      stop,
      { stallMs, leastBytes: 1000 },
    );

  test('never answers is given up', async () => {
    const objects = objectsOf((await startServer(() => undefined)).url);
    const file = join(temporaryFolder(), 'data');
    writeFileSync(file, 'x');
    await expect(objects.has('files/a')).rejects.toThrow('s3://models stalls');
    await expect(objects.read('files/a')).rejects.toThrow('s3://models stalls');
    await expect(objects.write('files/a', file, 'a'.repeat(64))).rejects.toThrow('s3://models stalls');
  });

  test.each([
    ['stops', 0],
    ['sends a byte now and then', 1],
  ])('begins an answer and %s is given up', async (_, bytes) => {
    const server = await startServer((_request, response) => {
      response.write('begun');
      const timer = setInterval(() => response.write('x'.repeat(bytes)), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    const reading = async (): Promise<string> =>
      await text((await objectsOf(server.url, 300).read('files/a')) as Readable);
    await expect(reading()).rejects.toThrow('s3://models stalls');
  });

  test('never answers, or not to the end, is left at once when the run stops', async () => {
    const file = join(temporaryFolder(), 'data');
    writeFileSync(file, 'x');
    const server = await startServer((request, response) => {
      if (request.method === 'GET') response.write('begun');
    });
    const asking: readonly ((objects: RemoteObjects) => Promise<unknown>)[] = [
      (objects) => objects.has('files/a'),
      (objects) => objects.write('files/a', file, 'a'.repeat(64)),
      async (objects) => await text((await objects.read('files/a')) as Readable),
    ];
    for (const ask of asking) {
      const stop = new AbortController();
      const asked = ask(objectsOf(server.url, 600_000, stop.signal));
      await expect(Promise.race([asked, setTimeout(20, 'waiting')])).resolves.toBe('waiting');
      stop.abort();
      await expect(asked).rejects.toThrow('aborted');
    }
  });
});

describe('bringing an artifact', () => {
  test('that stands here and is sound asks for nothing', async () => {
    const artifacts = openLocalArtifactStore(await openRoot(temporaryFolder()));
    const staged = await artifacts.stage();
    writeFileSync(join(staged.path, 'a'), 'alpha');
    const published = await staged.publish();
    const asked: string[] = [];
    const there = folderObjects(temporaryFolder(), NEVER);
    const objects: RemoteObjects = {
      ...there,
      read: async (name) => {
        asked.push(name);
        return await there.read(name);
      },
    };
    const remote = openRemoteStore(objects, RIGHTS, NEVER);
    expect(await remote.pull(published.digest, artifacts)).toEqual(published);
    expect(asked).toEqual([]);
    await artifacts.quarantine(published.digest);
    await expect(remote.pull(published.digest, artifacts)).rejects.toMatchObject({ code: 'damaged' });
    expect(asked).toEqual([`manifests/${published.digest}`]);
  });
});
