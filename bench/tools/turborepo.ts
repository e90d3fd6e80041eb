/**
 * Turborepo: one npm package a task. It starts every task through npm, which its cold figures show.
 */
import { join } from 'node:path';
import { installNpm, writeFile } from '../rig/install.js';
import { writeWorkspaces } from '../rig/workspaces.js';
import { CHAINS, type Tool } from './tool.js';

export const turborepo: Tool = {
  name: 'Turborepo',
  most: 1000,
  install: (home) => installNpm(home, 'turbo'),
  write: (folder, tasks) => {
    writeWorkspaces(folder, tasks, CHAINS, { scripts: { build: 'cp in.txt out.txt' } });
    const build = { dependsOn: ['^build'], inputs: ['in.txt'], outputs: ['out.txt'] };
    writeFile(folder, 'turbo.json', JSON.stringify({ tasks: { build } }));
  },
  program: (folder, home) => ({
    argv: [join(home, 'node_modules', '.bin', 'turbo'), 'run', 'build'],
    cwd: folder,
    env: { TURBO_TELEMETRY_DISABLED: '1', CI: '1' },
  }),
};
