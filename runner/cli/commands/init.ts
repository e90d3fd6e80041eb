/**
 * `pipeline init`: makes a small pipeline to begin with. It never changes a file that is there.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { StoreError } from '../../../artifacts/store/store-error.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command } from '../command.js';
import type { InitArguments } from '../arguments.js';
import { answerJson } from '../open-store.js';
import { shownPath } from '../shown-path.js';
import { starterFiles } from '../starter.js';
import { packageFolder } from '../version.js';

export const command: Command<InitArguments> = async ({ folder }, environment) => {
  const { cwd, stdout, json } = environment;
  const target = resolve(cwd, folder);
  const schema = relative(target, join(packageFolder(), 'schemas', 'pipeline.schema.json'))
    .split(sep)
    .join('/');
  const files = Object.entries(starterFiles(schema));
  const standing = files.map(([name]) => name).filter((name) => existsSync(join(target, name)));
  if (standing.length > 0) {
    throw new RequestError(
      'exists',
      `${standing.join(', ')} ${standing.length === 1 ? 'is' : 'are'} already there in ${shownPath(target, cwd)}`,
      'name an empty folder: pipeline init my-pipeline',
    );
  }
  try {
    for (const [name, text] of files) {
      const path = join(target, name);
      await mkdir(dirname(path), { recursive: true });
      // Fails where a file has come to be since: nothing is ever overwritten.
      await writeFile(path, text, { flag: 'wx' });
    }
  } catch (error) {
    throw StoreError.from(error, `writing into ${shownPath(target, cwd)}`);
  }
  if (json) answerJson(environment, 'init', { folder: target, files: files.map(([name]) => name) });
  else {
    const change = target === cwd ? '' : `cd ${shownPath(target, cwd)} && `;
    stdout.write(files.map(([name]) => `made ${shownPath(join(target, name), cwd)}\n`).join(''));
    stdout.write(`\nnext: ${change}pipeline run pipeline.yaml\n`);
  }
  return EXIT.done;
};
