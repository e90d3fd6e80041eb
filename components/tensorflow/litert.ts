/**
 * Runs `.tflite` files with LiteRT, the runtime of TensorFlow Lite, compiled to WebAssembly. Its package is written for web
 * pages: of it, the program is loaded here as Node loads a script, without globals, and driven through its bindings.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { errorMessage } from '../../artifacts/system-error.js';

/** The build without relaxed SIMD: it runs on every Node, and gives the same bits on each. */
const PROGRAM = 'litert_wasm_compat_internal.js';

/** On the processor, in one thread: more may give other bits. */
const COMPILE_OPTIONS = {
  accelerator: 'wasm',
  cpuOptions: { numThreads: 1 },
  gpuOptions: {},
  webNNOptions: {},
} as const;

/** Values of an input. */
export type LiteValues = Float32Array | Int32Array | Uint8Array;

/** A loaded model with one output. */
export interface LiteRunner {
  /** Names of the inputs in the signature, in order. */
  readonly inputs: readonly string[];
  /** Runs the model. @param values - one input after the other, of the size and type that it has */
  readonly run: (values: readonly LiteValues[]) => Promise<Float32Array>;
  readonly dispose: () => void;
}

/** LiteRT could not load or run a model: the file is wrong, not the caller. */
export class LiteRTError extends Error {
  override readonly name = 'LiteRTError';
}

interface Deletable {
  delete(): void;
}

interface TensorBuffer extends Deletable {
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
}

interface TensorType extends Deletable {
  bytes(): number;
}

interface Vector<T> extends Deletable {
  size(): number;
  get(index: number): T;
}

interface Signature extends Deletable {
  inputNames(): Vector<string>;
}

interface LoadedModel extends Deletable {
  getSignature(index: number): Signature;
  getInputTensorType(signature: number, index: number): TensorType;
}

interface CompiledModel extends Deletable {
  run(signature: number, inputs: readonly TensorBuffer[]): Promise<readonly TensorBuffer[]>;
}

/** The bindings, as far as they are used; see `LiteRtWasm` in the package's declarations. */
interface Bindings {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
  readonly LiteRtEnvironment: { create(gpu: null): Deletable };
  loadModel(environment: Deletable, pointer: number, size: number): LoadedModel;
  compileModel(environment: Deletable, model: LoadedModel, options: typeof COMPILE_OPTIONS): Promise<CompiledModel>;
  readonly LiteRtTensorBuffer: {
    createManaged(environment: Deletable, kind: unknown, type: TensorType, bytes: number): TensorBuffer;
  };
  readonly LiteRtTensorBufferType: { readonly HOST_MEMORY: unknown };
  readonly LiteRtTensorBufferLockMode: { readonly READ: unknown; readonly WRITE: unknown };
}

type Factory = (options: {
  readonly locateFile: (file: string) => string;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}) => Promise<Bindings>;

type CommonJsScript = (module: object, exports: unknown, require: NodeJS.Require, file: string, folder: string) => void;

/** Compiles the program. Its package declares modules, but it is a script with CommonJS exports. */
async function loadBindings(log: (line: string) => void): Promise<Bindings> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@litertjs/core')), '..', 'wasm');
  const file = join(folder, PROGRAM);
  const names = ['module', 'exports', 'require', '__filename', '__dirname'];
  const script = compileFunction(await readFile(file, 'utf8'), names, { filename: file }) as CommonJsScript;
  const module: { exports: unknown } = { exports: {} };
  script(module, module.exports, createRequire(file), file, folder);
  const factory = module.exports as Factory;
  return await factory({ locateFile: (name) => join(folder, name), print: log, printErr: log });
}

/** An error with what LiteRT said about it. */
function failure(what: string, error: unknown, lines: readonly string[]): LiteRTError {
  const told = lines.filter((line) => line.startsWith('ERROR')).slice(-3);
  return new LiteRTError([`${what}: ${errorMessage(error)}`, ...told].join('; '));
}

function inputNames(model: LoadedModel): readonly string[] {
  const signature = model.getSignature(0);
  const names = signature.inputNames();
  const found = Array.from({ length: names.size() }, (_, index) => names.get(index));
  names.delete();
  signature.delete();
  return found;
}

interface Input {
  readonly name: string;
  readonly bytes: number;
  readonly buffer: TensorBuffer;
}

/** Copies the values of an input into the runtime. */
function write(bindings: Bindings, { name, bytes, buffer }: Input, values: LiteValues | undefined): void {
  if (values?.byteLength !== bytes) {
    throw new RangeError(`the input '${name}' takes ${String(bytes)} bytes, not ${String(values?.byteLength ?? 0)}`);
  }
  const start = buffer.lock(bindings.LiteRtTensorBufferLockMode.WRITE);
  bindings.HEAPU8.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  buffer.unlock();
}

/** Copies the values of a buffer of the runtime. */
function read(bindings: Bindings, buffer: TensorBuffer): Float32Array {
  const start = buffer.lock(bindings.LiteRtTensorBufferLockMode.READ);
  const bytes = Uint8Array.from(bindings.HEAPU8.subarray(start, start + buffer.packedSize()));
  buffer.unlock();
  return new Float32Array(bytes.buffer);
}

/**
 * Loads a model, and with it a runtime of its own.
 *
 * @param bytes - of a `.tflite` file with float32, int32 or uint8 inputs and one float32 output
 * @throws LiteRTError when LiteRT refuses it
 */
export async function loadLiteModel(bytes: Uint8Array): Promise<LiteRunner> {
  const lines: string[] = [];
  const bindings = await loadBindings((line) => lines.push(line));
  const opened: Deletable[] = [];
  const open = <T extends Deletable>(item: T): T => {
    opened.push(item);
    return item;
  };
  const dispose = (): void => {
    for (const item of opened.toReversed()) item.delete();
  };
  try {
    const environment = open(bindings.LiteRtEnvironment.create(null));
    const pointer = bindings._malloc(bytes.length);
    open({
      delete: () => {
        bindings._free(pointer);
      },
    });
    bindings.HEAPU8.set(bytes, pointer);
    const model = open(bindings.loadModel(environment, pointer, bytes.length));
    const compiled = open(await bindings.compileModel(environment, model, COMPILE_OPTIONS));
    const host = bindings.LiteRtTensorBufferType.HOST_MEMORY;
    const inputs = inputNames(model).map((name, index) => {
      const type = open(model.getInputTensorType(0, index));
      const buffer = open(bindings.LiteRtTensorBuffer.createManaged(environment, host, type, type.bytes()));
      return { name, bytes: type.bytes(), buffer };
    });
    const run = async (values: readonly LiteValues[]): Promise<Float32Array> => {
      inputs.forEach((input, index) => {
        write(bindings, input, values[index]);
      });
      try {
        const outputs = await compiled.run(
          0,
          inputs.map(({ buffer }) => buffer),
        );
        const [first] = outputs.map((output) => read(bindings, output));
        for (const output of outputs) output.delete();
        return first ?? new Float32Array();
      } catch (error) {
        throw failure('LiteRT cannot run the model', error, lines);
      }
    };
    return { inputs: inputs.map(({ name }) => name), run, dispose };
  } catch (error) {
    dispose();
    throw failure('LiteRT cannot load the model', error, lines);
  }
}
