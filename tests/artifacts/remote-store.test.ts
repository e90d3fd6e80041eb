import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
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

const RIGHTS = { write: true, privateKey: undefined, publicKey: undefined };

describe('a bucket whose service', () => {
  const objectsOf = (endpoint: string): RemoteObjects =>
    s3Objects(
      {
        ...{ bucket: 'models', prefix: '', region: 'here', endpoint, sessionToken: undefined },
        ...{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'kept-secret' },
      },
      { stallMs: 60, leastBytes: 1000 },
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
    const stream = await objectsOf(server.url).read('files/a');
    await expect(text(stream as Readable)).rejects.toThrow('s3://models stalls');
  });
});

describe('bringing an artifact', () => {
  test('that stands here and is sound asks for nothing', async () => {
    const artifacts = openLocalArtifactStore(await openRoot(temporaryFolder()));
    const staged = await artifacts.stage();
    writeFileSync(join(staged.path, 'a'), 'alpha');
    const published = await staged.publish();
    const asked: string[] = [];
    const there = folderObjects(temporaryFolder());
    const objects: RemoteObjects = {
      ...there,
      read: async (name) => {
        asked.push(name);
        return await there.read(name);
      },
    };
    const remote = openRemoteStore(objects, RIGHTS);
    expect(await remote.pull(published.digest, artifacts)).toEqual(published);
    expect(asked).toEqual([]);
    await artifacts.quarantine(published.digest);
    await expect(remote.pull(published.digest, artifacts)).rejects.toMatchObject({ code: 'damaged' });
    expect(asked).toEqual([`manifests/${published.digest}`]);
  });
});
