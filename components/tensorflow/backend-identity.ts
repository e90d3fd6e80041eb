/**
 * Which backend this process would compute with, told without loading it: the planner asks for every fingerprint. What is
 * promised here, `backend.ts` loads, or it fails; it never computes with another one in silence.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepError } from '../executor.js';

/** `tensorflow`: native TensorFlow (tfjs-node); `wasm`: WebAssembly with SIMD; `cpu`: plain JavaScript, very slow. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** What a fingerprint says about the backend. */
export interface BackendIdentity {
  readonly name: BackendName;
  /** Of the package that computes; other versions may give other bits. */
  readonly version: string;
}

/** A backend that can be loaded, and the file whose place its packages are looked up from. */
export interface BackendLocation extends BackendIdentity {
  readonly from: string;
}

const PACKAGES: Readonly<Record<BackendName, string>> = {
  tensorflow: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

/** Best first. */
const NAMES: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];

/** The folder of this package: the first above this file with a package.json. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

function locate(name: BackendName, from: string): BackendLocation | undefined {
  const require = createRequire(from);
  for (const modules of require.resolve.paths(PACKAGES[name]) ?? []) {
    const folder = join(modules, PACKAGES[name]);
    const description = join(folder, 'package.json');
    if (!existsSync(description)) continue;
    // Its install script may have failed, and left a package without the addon.
    if (name === 'tensorflow' && !existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'))) continue;
    const { version } = JSON.parse(readFileSync(description, 'utf8')) as { readonly version: string };
    return { name, version, from };
  }
  return undefined;
}

/**
 * The backend that is used, and where it lies: the one that PIPELINE_BACKEND names, else the best that there is.
 *
 * @throws StepError `backend` when PIPELINE_BACKEND names one that is not there
 */
export function backendLocation(): BackendLocation {
  const wanted = process.env['PIPELINE_BACKEND'];
  const root = packageRoot();
  const places = [fileURLToPath(import.meta.url), join(root, '.native', 'package.json')];
  for (const name of NAMES) {
    if (wanted !== undefined && wanted !== '' && wanted !== name) continue;
    for (const from of name === 'tensorflow' ? places : places.slice(0, 1)) {
      const found = locate(name, from);
      if (found !== undefined) return found;
    }
  }
  throw new StepError(
    'backend',
    wanted === undefined || wanted === '' ? 'there is no TensorFlow backend' : `there is no backend '${wanted}'`,
    `PIPELINE_BACKEND is one of ${NAMES.join(', ')}; 'npm ci' installs wasm and cpu`,
  );
}

/** The backend that is used, as a fingerprint names it. */
export function backendIdentity(): BackendIdentity {
  const { name, version } = backendLocation();
  return { name, version };
}
