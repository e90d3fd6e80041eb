import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listImageFolder } from '../../../components/formats/image-folder.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function folderOf(...paths: readonly string[]): string {
  const folder = join(temporaryFolder(), 'photos');
  mkdirSync(folder);
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  return folder;
}

async function listed(folder: string): Promise<readonly string[]> {
  return (await listImageFolder(folder)).images.map(({ file, className }) => `${className}: ${file.slice(-5)}`);
}

describe('a folder of images', () => {
  test('is listed by class in an order of its own, without clutter', async () => {
    const folder = folderOf(
      'b/2.png',
      'b/1.png',
      'B/3.png',
      'a/x/4.png',
      'a/.hid',
      '.git/x',
      'a/Thumbs.db',
      'notes.txt',
    );
    expect(await listed(folder)).toEqual(['B: 3.png', 'a: 4.png', 'b: 1.png', 'b: 2.png']);
    expect((await listImageFolder(folder)).ignored).toEqual(['notes.txt']);
  });

  test('may link to what is inside, not to what is outside, and not in circles', async () => {
    const folder = folderOf('a/1.png');
    mkdirSync(join(folder, 'b'));
    symlinkSync(join(folder, 'a/1.png'), join(folder, 'b/2.png'));
    expect(await listed(folder)).toEqual(['a: 1.png', 'b: 1.png']);
    symlinkSync('..', join(folder, 'b/up'));
    await expect(listImageFolder(folder)).rejects.toMatchObject({ code: 'image-folder-invalid' });
    const other = folderOf('a/1.png');
    symlinkSync('/etc/hostname', join(other, 'a/2.png'));
    await expect(listImageFolder(other)).rejects.toThrow('leads out of');
    symlinkSync('/nowhere', join(folder, 'a/gone'));
    await expect(listImageFolder(folder)).rejects.toMatchObject({ name: 'StepError' });
  });

  test('must be a folder', async () => {
    const folder = folderOf('a/1.png');
    await expect(listImageFolder(join(folder, 'a/1.png'))).rejects.toMatchObject({ code: 'file-wrong-kind' });
    await expect(listImageFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-missing' });
  });
});
