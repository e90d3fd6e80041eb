/**
 * Runs npm scripts, as many at once as there are cores, and prints what each has said when it has ended: as given, the longest
 * first. The exit status is 1 when any has failed; the others go on, so that all that is wrong is seen.
 *
 *     node scripts/at-once.js lint:code typecheck
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const waiting = process.argv.slice(2).values();

function run(name) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      process.stdout.write(`${status === 0 ? 'passed' : 'FAILED'} ${name} (${seconds} s)\n${Buffer.concat(said)}`);
      if (status !== 0) process.exitCode = 1;
      resolve();
    });
  });
}

async function lane() {
  for (const name of waiting) await run(name);
}

await Promise.all(Array.from({ length: availableParallelism() }, lane));
