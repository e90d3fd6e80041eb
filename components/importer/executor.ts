/**
 * Copies what is to be imported, and checks that it looks like the type that it is said to be.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { listOutsideFiles, type ListedFile } from '../../artifacts/digest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { artifactTypes } from '../../artifacts/types.js';
import { StepError, type Executor, type OutputArtifact } from '../executor.js';
import type { spec } from './spec.js';

/** The file that every artifact of a type has: the first of its layout. */
function mainFile(type: string): string | undefined {
  const [first] = Object.keys(artifactTypes.get(type)?.layout ?? {});
  return first === undefined || first === 'any' ? undefined : first;
}

/** The files to take, each with its path in the artifact. */
async function sourceFiles(source: string, type: string): Promise<readonly ListedFile[]> {
  const info = await stat(source);
  if (!info.isFile()) return listOutsideFiles(source);
  return [{ absolute: source, path: mainFile(type) === undefined ? 'data' : basename(source) }];
}

export const execute: Executor<typeof spec> = async ({ outputs, params, baseDir, signal, log }) => {
  const [output] = Object.values<OutputArtifact>(outputs);
  if (output === undefined) throw new Error('an Importer without output passed validation');
  const { type, path: target } = output;
  const source = resolve(baseDir, params.source);
  try {
    const files = await sourceFiles(source, type);
    const needed = mainFile(type);
    if (files.length === 0) throw new StepError('nothing-to-import', `${params.source} holds no file`);
    if (needed !== undefined && !files.some(({ path }) => path === needed)) {
      throw new StepError(
        'not-of-type',
        `${params.source} is no ${type}: it has no ${needed}`,
        `declare another type of output, such as File; 'pipeline components Importer' says more`,
      );
    }
    for (const { absolute, path } of files) {
      signal.throwIfAborted();
      await mkdir(dirname(join(target, path)), { recursive: true });
      await copyFile(absolute, join(target, path), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    }
    log.info(`${String(files.length)} files`);
  } catch (error) {
    if (error instanceof StepError || signal.aborted) throw error;
    if (error instanceof StoreError) throw new StepError(error.code, error.message, error.hint);
    throw new StepError('import-failed', `${params.source} cannot be copied: ${errorMessage(error)}`);
  }
  for (const [name, value] of Object.entries(params.properties)) output.setProperty(name, value);
};
