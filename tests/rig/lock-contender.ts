/**
 * A program that takes a lock again and again, among others that do so too, and looks whether it is alone while it has it.
 *
 *     lock-contender LOCK ARENA TIMES
 *
 * Prints `alone` for each time, `not alone` when another process has the lock as well.
 */
import { randomUUID } from 'node:crypto';
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from '../../artifacts/store/lock.js';

const [lock = '', arena = '', times = '0'] = process.argv.slice(2);
const holder = join(arena, 'holder');
for (let held = 0; held < Number(times);) {
  const attempt = await acquireLock(lock, () => join(arena, `${randomUUID()}.tmp`));
  if (!attempt.taken) continue;
  try {
    writeFileSync(holder, String(process.pid), { flag: 'wx' });
    unlinkSync(holder);
    console.log('alone');
  } catch {
    console.log('not alone');
  }
  await attempt.release();
  held++;
}
