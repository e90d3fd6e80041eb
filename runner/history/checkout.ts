/**
 * Artifacts of a past run in a folder, as `node/output/…`: staged beside their place, verified on the way, and renamed when
 * all are there.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realDisk } from '../../artifacts/disk.js';
import type { BoundArtifact, ExecutionWithArtifacts } from '../../artifacts/metadata/metadata-store.js';
import { unfitPath } from '../../artifacts/portable-path.js';
import type { ArtifactStore, Manifest } from '../../artifacts/store/artifact-store.js';
import { canClone, copyOut, type CopyMethod } from '../../artifacts/store/copy-out.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { withUnfinished } from '../../artifacts/unfinished.js';
import { suggest } from '../config/fields.js';
import { withoutInstance } from '../config/node-name.js';
import { counted } from '../reporting/text/quantities.js';
import { RequestError } from '../source/request-error.js';

/** One artifact, and where it goes. */
export interface CheckedOut {
  /** Relative, with `/`: `trainer/model`, `gather/models/1`. */
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
}

/** Where it goes, and how. */
export interface CheckoutOptions {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Files of the store may stand there as they are. */
  readonly hardLinks: boolean;
  /** Replace what is there. */
  readonly force: boolean;
}

/** What was done. */
export interface Checkout {
  readonly artifacts: readonly CheckedOut[];
  readonly method: CopyMethod;
}

/** The steps that a name means: that of a node, or that which instances share. */
export function stepsNamed(
  node: string | undefined,
  executions: readonly ExecutionWithArtifacts[],
  run: number,
): readonly ExecutionWithArtifacts[] {
  const last = [...new Map(executions.map((step) => [step.execution.node, step])).values()];
  if (node === undefined) return last;
  const meant = last.filter(({ execution }) => execution.node === node || withoutInstance(execution.node) === node);
  if (meant.length > 0) return meant;
  const known = last.map(({ execution }) => execution.node);
  throw new RequestError(
    'no-execution',
    `run ${String(run)} has no execution of a node '${node.slice(0, 80)}'`,
    suggest(node, known) ?? 'a node that was not reached has none',
  );
}

function placesOf({ execution, outputs }: ExecutionWithArtifacts): readonly (CheckedOut & BoundArtifact)[] {
  const isList = (port: string): boolean => outputs.filter((output) => output.port === port).length > 1;
  return outputs.map((output) => {
    const { port, index, artifact } = output;
    const path = [execution.node, port, ...(isList(port) ? [String(index)] : [])].join('/');
    return { ...output, path, digest: artifact.digest, bytes: artifact.bytes };
  });
}

async function manifestOf({ path, digest }: CheckedOut, artifacts: ArtifactStore): Promise<Manifest> {
  const manifest = existsSync(artifacts.pathOf(digest)) ? await artifacts.manifest(digest) : undefined;
  if (manifest !== undefined) return manifest;
  throw new RequestError(
    'gone',
    `the files of ${path} (${digest.slice(0, 12)}) are gone`,
    "run the pipeline again, or bring them back with 'pipeline gc --undo'",
  );
}

/** Renames a folder to its place; what stood there goes. */
async function settle(from: string, to: string): Promise<void> {
  await realDisk.makeFolder(dirname(to));
  if (existsSync(to)) {
    const aside = `${from}.replaced`;
    await realDisk.makeFolder(dirname(aside));
    await realDisk.rename(to, aside);
    await realDisk.rename(from, to);
    await realDisk.removeTree(aside);
  } else await realDisk.rename(from, to);
}

/**
 * Checks artifacts out.
 *
 * @throws RequestError `exists` when something is in the way, `gone` when files are no longer there, `nothing` when the
 *   steps made nothing
 * @throws StoreError `damaged` when an artifact is not what it was
 */
export async function checkOut(
  steps: readonly ExecutionWithArtifacts[],
  artifacts: ArtifactStore,
  { folder, hardLinks, force }: CheckoutOptions,
): Promise<Checkout> {
  const places = steps.flatMap(placesOf);
  const [first] = places;
  if (first === undefined) throw new RequestError('nothing', 'these steps have no artifacts');
  // Records may come from elsewhere; their names become folders here.
  const unfit = unfitPath(places.map(({ path }) => path));
  if (unfit !== undefined) {
    throw new RequestError('bad-name', `'${unfit.path.slice(0, 200)}' can be no folder: ${unfit.fault}`);
  }
  const manifests = new Map<string, Manifest>();
  for (const place of places) manifests.set(place.digest, await manifestOf(place, artifacts));
  const inTheWay = places.filter(({ path }) => existsSync(join(folder, path)));
  if (inTheWay[0] !== undefined && !force) {
    const more = inTheWay.length > 1 ? `, and ${counted(inTheWay.length - 1, 'other')}` : '';
    throw new RequestError(
      'exists',
      `${join(folder, inTheWay[0].path)} is there already${more}`,
      'name another folder with --output, or replace what is there with --force',
    );
  }
  const isNew = !existsSync(folder);
  return await withUnfinished(isNew ? dirname(folder) : folder, async (staging) => {
    try {
      await realDisk.makeFolder(staging);
      const sample = places.map(({ digest }) => {
        const file = manifests.get(digest)?.files[0];
        return file === undefined ? undefined : join(artifacts.pathOf(digest), file.path);
      });
      const file = sample.find((path) => path !== undefined);
      const method: CopyMethod = hardLinks
        ? 'hard link'
        : file !== undefined && (await canClone(file, staging))
          ? 'reflink'
          : 'copy';
      for (const { path, digest } of places) {
        const manifest = manifests.get(digest) ?? { version: 1, files: [] };
        await copyOut({ digest, folder: artifacts.pathOf(digest), manifest }, join(staging, path), method);
      }
      if (isNew) await realDisk.rename(staging, folder);
      else for (const { path } of places) await settle(join(staging, path), join(folder, path));
      return { artifacts: places.map(({ path, digest, bytes }) => ({ path, digest, bytes })), method };
    } catch (error) {
      throw StoreError.from(error, `checking out into ${folder}`);
    }
  });
}
