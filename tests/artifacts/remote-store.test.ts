import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderObjects } from '../../artifacts/remote/folder-objects.js';
import { openRemoteStore } from '../../artifacts/remote/remote-store.js';
import type { RemoteObjects } from '../../artifacts/remote/remote-objects.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { openRoot } from '../../artifacts/store/store-root.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const RIGHTS = { write: true, privateKey: undefined, publicKey: undefined };

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
