/**
 * `pipeline checkout`: artifacts of a past run in a folder of their own.
 */
import { resolve } from 'node:path';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { checkOut, stepsNamed } from '../../history/checkout.js';
import { findRun } from '../../history/find-run.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { byteSize, counted, shortDigest } from '../../reporting/text/quantities.js';
import { DIGEST_CUTS, tableLines } from '../../reporting/text/table.js';
import type { CheckoutArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { answerJson, withStore } from '../open-store.js';
import { shownPath } from '../shown-path.js';

const METHODS = {
  reflink: 'by reflink: they share their blocks with the store until they are changed',
  copy: 'by copying',
  'hard link': 'by hard links: they are read-only, and the files of the store themselves',
} as const;

export const command: Command<CheckoutArguments> = (args, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const { stdout, cwd, json } = environment;
    const run = findRun(metadata, args.run);
    const folder = resolve(cwd, args.output ?? `run-${String(run.id)}`);
    const steps = stepsNamed(args.node, metadata.executionsOf(run.id), run.id);
    const { hardLinks, force } = args;
    const { artifacts, method } = await checkOut(steps, openLocalArtifactStore(root), { folder, hardLinks, force });
    if (json) answerJson(environment, 'checkout', { run: run.id, folder, method, artifacts });
    else {
      const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
      const where = plainLine(shownPath(folder, cwd));
      stdout.write(
        [
          `${counted(artifacts.length, 'artifact')} of run ${String(run.id)} (${byteSize(bytes)}) in ${where}, ${METHODS[method]}`,
          ...tableLines(
            [{ title: '' }, { title: '', cuts: DIGEST_CUTS }, { title: '', align: 'right' }],
            artifacts.map(({ path, digest, bytes: size }) => [path, shortDigest(digest), byteSize(size)]),
            stdout.isTTY ? stdout.columns - 2 : Infinity,
          ).map((line) => `  ${line}`),
          '',
        ].join('\n'),
      );
    }
    return EXIT.done;
  });
