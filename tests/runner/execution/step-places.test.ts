import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StepPlaces } from '../../../runner/execution/step-places.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function placesIn(folder: string): StepPlaces {
  let made = 0;
  return new StepPlaces(() => join(folder, String(++made)));
}

describe('the folders in which steps work', () => {
  test('one that was left empty is used again, under another name', async () => {
    const folder = temporaryFolder();
    const places = placesIn(folder);
    const first = await places.take();
    await places.leave(first);
    expect(existsSync(first)).toBe(false);
    const second = await places.take();
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([second]);
    await places.leave(second);
    await places.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each<[string, (place: string) => void]>([
    [
      'holds something',
      (place) => {
        writeFileSync(join(place, 'left'), '');
      },
    ],
    [
      'cannot be written into',
      (place) => {
        chmodSync(place, 0o500);
      },
    ],
    [
      'is gone',
      (place) => {
        rmSync(place, { recursive: true });
      },
    ],
    [
      'is a file',
      (place) => {
        rmSync(place, { recursive: true });
        writeFileSync(place, '');
      },
    ],
    [
      'is a link to a folder',
      (place) => {
        rmSync(place, { recursive: true });
        symlinkSync('..', place);
      },
    ],
  ])('one that %s is not', async (_, spoil) => {
    const folder = join(temporaryFolder(), 'below');
    mkdirSync(folder);
    const places = placesIn(folder);
    const first = await places.take();
    spoil(first);
    await places.leave(first);
    expect(readdirSync(folder)).toEqual([]);
    const second = await places.take();
    expect(statSync(second).isDirectory()).toBe(true);
    expect(readdirSync(second)).toEqual([]);
  });
});
