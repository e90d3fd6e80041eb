import {
  chmodSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  mkdirSync,
  existsSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { realDisk, type Disk } from '../../artifacts/disk.js';
import type { ArtifactStore, StoredArtifact } from '../../artifacts/store/artifact-store.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { sweepStaging } from '../../artifacts/store/staging.js';
import { openRoot, type StoreRoot } from '../../artifacts/store/store-root.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

async function open(disk?: Disk): Promise<{ root: StoreRoot; store: ArtifactStore }> {
  const root = await openRoot(temporaryFolder());
  return { root, store: openLocalArtifactStore(root, disk) };
}

async function publish(store: ArtifactStore, files: Record<string, string>): Promise<StoredArtifact> {
  const staged = await store.stage();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(staged.path, path, '..'), { recursive: true });
    writeFileSync(join(staged.path, path), content);
  }
  return await staged.publish();
}

const files = { 'a.txt': 'alpha', 'sub/b.txt': 'beta' };

describe('the artifact store', () => {
  test('keeps files under the digest of their content', async () => {
    const { root, store } = await open();
    const first = await publish(store, files);
    const second = await publish(store, files);
    const other = await publish(store, { ...files, 'a.txt': 'alphb' });
    expect(second.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
    expect(first).toMatchObject({ files: 2, bytes: 9 });
    expect(await store.list()).toEqual([first.digest, other.digest].sort());
    expect(readdirSync(root.staging).flatMap((name) => readdirSync(join(root.staging, name)))).toEqual([]);
  });

  test('the digest depends on names, not only on contents', async () => {
    const { store } = await open();
    const one = await publish(store, { a: '1', b: '2' });
    const swapped = await publish(store, { a: '2', b: '1' });
    expect(swapped.digest).not.toBe(one.digest);
  });

  test('a matching witness spares hashing, another one does not', async () => {
    const { store } = await open();
    const { digest, witness } = await publish(store, files);
    expect(await store.check(digest, witness)).toMatchObject({ state: 'sound', hashed: false });
    expect(await store.check(digest, {})).toMatchObject({ state: 'sound', hashed: true });
  });

  const damages: Record<string, [(path: string) => void, string]> = {
    'flipped byte': [
      (path) => {
        chmodSync(join(path, 'a.txt'), 0o644);
        writeFileSync(join(path, 'a.txt'), 'alphA');
      },
      'a.txt has other content',
    ],
    truncated: [
      (path) => {
        chmodSync(join(path, 'a.txt'), 0o644);
        truncateSync(join(path, 'a.txt'), 2);
      },
      'a.txt has 2 bytes instead of 5',
    ],
    missing: [
      (path) => {
        rmSync(join(path, 'sub/b.txt'));
      },
      'sub/b.txt is missing',
    ],
    extra: [
      (path) => {
        writeFileSync(join(path, 'c.txt'), '');
      },
      'c.txt does not belong to it',
    ],
    'link swapped in': [
      (path) => {
        rmSync(join(path, 'a.txt'));
        symlinkSync('/etc/hostname', join(path, 'a.txt'));
      },
      'is a symbolic link',
    ],
    'manifest edited': [
      (path) => {
        writeFileSync(`${path}.manifest.json`, '{"files":[],"version":1}');
      },
      'its manifest is missing or was changed',
    ],
  };
  test.each(Object.entries(damages))('notices damage: %s', async (name, [damage, problem]) => {
    const { store } = await open();
    const { digest, path, witness } = await publish(store, files);
    damage(path);
    const found = await store.verify(digest);
    expect(found).toMatchObject({ state: 'damaged', problems: [expect.stringContaining(problem)] });
    if (name !== 'manifest edited') expect(await store.check(digest, witness)).toEqual(found);
    const where = await store.quarantine(digest);
    expect(existsSync(join(where, 'artifact'))).toBe(true);
    expect(await store.verify(digest)).toEqual({ state: 'missing' });
    expect((await publish(store, files)).digest).toBe(digest);
    expect(await store.verify(digest)).toMatchObject({ state: 'sound' });
  });

  test('refuses anything but files and folders', async () => {
    const { store } = await open();
    const staged = await store.stage();
    symlinkSync('/etc', join(staged.path, 'etc'));
    await expect(staged.publish()).rejects.toMatchObject({ code: 'not-a-file' });
  });

  test.each(['a:b', 'draft.', 'sub/a\\b', 'line\nbreak'])('refuses a file that is called %j', async (name) => {
    const { store } = await open();
    await expect(publish(store, { ...files, [name]: '' })).rejects.toMatchObject({ code: 'bad-name' });
    expect(await store.list()).toEqual([]);
  });

  test('two writers of one content do no harm', async () => {
    const { store } = await open();
    const all = await Promise.all(Array.from({ length: 8 }, () => publish(store, files)));
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1);
    expect(await store.verify(all[0]?.digest ?? '')).toMatchObject({ state: 'sound' });
  });

  test('who verifies while another puts it aside finds it damaged or gone, not an error', async () => {
    const { store } = await open();
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`sub/${String(i)}`, 'x'.repeat(100_000)]));
    for (let i = 0; i < 20; i++) {
      const { digest } = await publish(store, many);
      const [found] = await Promise.all([store.verify(digest), store.quarantine(digest), store.quarantine(digest)]);
      expect(['damaged', 'missing', 'sound']).toContain(found.state);
      expect((await store.verify(digest)).state).toBe('missing');
    }
  });

  test('whichever operation of publishing fails, the next attempt succeeds', async () => {
    for (let failing = 0; ; failing++) {
      let count = 0;
      const fail =
        <A extends readonly unknown[], R>(operation: (...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          if (count++ === failing) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          return await operation(...args);
        };
      const disk: Disk = {
        makeFolder: fail(realDisk.makeFolder),
        writeFile: fail(realDisk.writeFile),
        sync: fail(realDisk.sync),
        writeNew: fail(realDisk.writeNew),
        rename: fail(realDisk.rename),
        setMode: fail(realDisk.setMode),
        createFile: fail(realDisk.createFile),
        removeFile: fail(realDisk.removeFile),
        removeTree: fail(realDisk.removeTree),
      };
      const { root, store } = await open(disk);
      const outcome = await publish(store, files).catch((error: unknown) => error);
      const sound = openLocalArtifactStore(root);
      for (const digest of await sound.list()) expect(await sound.verify(digest)).toMatchObject({ state: 'sound' });
      const { digest } = await publish(sound, files);
      expect(await sound.verify(digest)).toMatchObject({ state: 'sound' });
      if (count <= failing) {
        expect(outcome).toMatchObject({ digest });
        expect(failing).toBeGreaterThan(5);
        break;
      }
      expect(outcome).toMatchObject({ code: 'disk-full' });
    }
  });

  test('what dead processes left in staging is swept, what lives is kept', async () => {
    const { root, store } = await open();
    const staged = await store.stage();
    const dead = join(root.staging, Buffer.from('{"pid":1,"started":"1","boot":"x","host":"h"}').toString('base64url'));
    mkdirSync(join(root.staging, 'torn'));
    await sweepStaging(root);
    expect(existsSync(staged.path)).toBe(true);
    expect(existsSync(dead)).toBe(false);
    expect(readdirSync(root.staging)).toHaveLength(1);
  });

  test('a foreign folder and a newer format are refused', async () => {
    const foreign = temporaryFolder();
    writeFileSync(join(foreign, 'notes.txt'), '');
    await expect(openRoot(foreign)).rejects.toMatchObject({ code: 'foreign-folder' });
    const newer = temporaryFolder();
    writeFileSync(join(newer, 'format.json'), '{"format":99}');
    await expect(openRoot(newer)).rejects.toMatchObject({
      code: 'foreign-format',
      hint: 'use the newer release that wrote it',
    });
  });
});
