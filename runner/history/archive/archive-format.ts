/**
 * The archive of a run, a gzipped tar:
 *
 *     archive.json                      {"format": 2, "run": 12}
 *     metadata.jsonl                    a record a line: runs, fingerprints, artifacts, executions
 *     artifacts/<digest>.manifest.json  the files of an artifact; its SHA-256 is the digest
 *     artifacts/<digest>/…              the files themselves
 *     logs/<digest>.log                 what steps said, under its SHA-256
 *     code/<digest>.json                user code as steps were executed with it, under its SHA-256
 *     pipeline/…                        the pipeline file and the user code that it names, as they are
 *
 * Format 1 had neither logs nor code.
 *
 * Records name each other by the numbers that they had in the store they come from. What is read back comes from anywhere:
 * everything is checked here, but for the digests of files, which who unpacks them checks.
 */
import { sha256Hex } from '../../../artifacts/digest.js';
import { isMapping, type Mapping } from '../../../artifacts/mapping.js';
import type { FingerprintRecord } from '../../../artifacts/metadata/metadata-store.js';
import type { FailureRecord, ProcessIdentity, ResourceUse, Timings } from '../../../artifacts/metadata/records.js';
import { artifactTypes, type Properties } from '../../../artifacts/types.js';
import { RequestError } from '../../source/request-error.js';

/** Version of the layout above; earlier ones are read, too. */
export const ARCHIVE_FORMAT = 2;

/** Names in the archive. */
export const ARCHIVE = {
  head: 'archive.json',
  records: 'metadata.jsonl',
  artifacts: 'artifacts',
  logs: 'logs',
  code: 'code',
  pipeline: 'pipeline',
} as const;

/** A file on the disk, and its path in the archive. */
export interface PackedFile {
  readonly absolute: string;
  readonly path: string;
}

/** A run. */
export interface ArchivedRun {
  readonly record: 'run';
  readonly id: number;
  readonly pipeline: string;
  readonly file: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly state: 'COMPLETE' | 'FAILED' | 'CANCELED';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly owner: ProcessIdentity;
}

/** A fingerprint. */
export interface ArchivedFingerprint extends FingerprintRecord {
  readonly record: 'fingerprint';
}

/** An artifact; its files are in the archive unless they were gone. */
export interface ArchivedArtifact {
  readonly record: 'artifact';
  readonly id: number;
  readonly type: string;
  readonly digest: string;
  readonly properties: Properties;
  readonly bytes: number;
  readonly files: number;
  readonly gone: boolean;
}

/** An artifact at a port. */
export interface ArchivedBinding {
  readonly port: string;
  readonly index: number;
  readonly artifact: number;
}

/** An execution. What it does not have is left out. */
export interface ArchivedExecution {
  readonly record: 'execution';
  readonly id: number;
  readonly run: number;
  readonly node: string;
  readonly component: string;
  readonly state: 'COMPLETE' | 'CACHED' | 'FAILED' | 'CANCELED' | 'SKIPPED';
  readonly fingerprint?: string;
  readonly cachedFrom?: number;
  readonly reason?: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly failure?: FailureRecord;
  readonly timings?: Timings;
  readonly resources?: Partial<ResourceUse>;
  readonly attempts: number;
  /** Digest of its log. */
  readonly log?: string;
  /** Later runs may use what it made. */
  readonly reusable: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly inputs: readonly ArchivedBinding[];
  readonly outputs: readonly ArchivedBinding[];
}

/** All records of an archive, by kind, in order. */
export interface ArchivedRecords {
  readonly runs: readonly ArchivedRun[];
  readonly fingerprints: ReadonlyMap<string, FingerprintRecord>;
  readonly artifacts: ReadonlyMap<number, ArchivedArtifact>;
  readonly executions: readonly ArchivedExecution[];
}

/** Most records, and characters of one. */
const MOST_RECORDS = 500_000;
const LONGEST_RECORD = 4_000_000;

/** An archive that is not as it should be. */
export function badArchive(what: string): RequestError {
  return new RequestError('bad-archive', `this is no intact archive of a run: ${what}`, 'export it again');
}

/** Reads the fields of one record. */
class Reader {
  constructor(
    private readonly fields: Mapping,
    private readonly where: string,
  ) {}

  fail(key: string): never {
    throw badArchive(`${this.where}: '${key}' is not as it should be`);
  }

  /** A text on one line that holds nothing to confuse a reader with. */
  text(key: string, pattern = /^[^\p{Cc}\p{Cs}]{1,1000}$/u): string {
    const value = this.fields[key];
    return typeof value === 'string' && pattern.test(value) ? value : this.fail(key);
  }

  long(key: string): string {
    const value = this.fields[key];
    return typeof value === 'string' ? value : this.fail(key);
  }

  whole(key: string): number {
    const value = this.fields[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : this.fail(key);
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T {
    return known.find((each) => each === this.fields[key]) ?? this.fail(key);
  }

  flag(key: string): boolean {
    const value = this.fields[key];
    return typeof value === 'boolean' ? value : this.fail(key);
  }

  mapping(key: string): Mapping {
    const value = this.fields[key];
    return isMapping(value) && !Object.hasOwn(value, '__proto__') ? value : this.fail(key);
  }

  numbers(key: string): Readonly<Record<string, number>> {
    const value = this.mapping(key);
    if (!Object.entries(value).every(([name, each]) => isShort(name) && Number.isFinite(each))) this.fail(key);
    return value as Readonly<Record<string, number>>;
  }

  optional<T>(key: string, read: (key: string) => T): T | undefined {
    return this.fields[key] === undefined ? undefined : read(key);
  }

  part(key: string): Reader {
    return new Reader(this.mapping(key), `${this.where}, ${key}`);
  }

  parts(key: string): readonly Reader[] {
    const value = this.fields[key];
    if (!Array.isArray(value) || !value.every(isMapping)) this.fail(key);
    return value.map((each) => new Reader(each, `${this.where}, ${key}`));
  }
}

function isShort(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name);
}

const DIGEST = /^[0-9a-f]{64}$/u;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/u;
// Those of fragments have the names of what includes them before their own.
const NODE = /^[A-Za-z][A-Za-z0-9_-]{0,600}(?:\[[\w.+,=# -]{0,400}\])?$/u;

function readRun(reader: Reader): ArchivedRun {
  const owner = reader.part('owner');
  return {
    record: 'run',
    id: reader.whole('id'),
    pipeline: reader.text('pipeline', NAME),
    file: reader.text('file'),
    params: reader.mapping('params'),
    state: reader.oneOf('state', ['COMPLETE', 'FAILED', 'CANCELED']),
    startedAt: reader.whole('startedAt'),
    endedAt: reader.whole('endedAt'),
    owner: {
      pid: owner.whole('pid'),
      started: owner.long('started'),
      boot: owner.long('boot'),
      host: owner.long('host'),
    },
  };
}

function readFingerprint(reader: Reader): FingerprintRecord {
  const digest = reader.text('digest', DIGEST);
  const document = reader.long('document');
  if (sha256Hex(document) !== digest) reader.fail('digest');
  return { digest, document, sources: reader.long('sources') };
}

function readArtifact(reader: Reader): ArchivedArtifact {
  const properties = reader.mapping('properties');
  const isPlain = Object.entries(properties).every(
    ([name, value]) => isShort(name) && (['string', 'boolean'].includes(typeof value) || Number.isFinite(value)),
  );
  if (!isPlain) reader.fail('properties');
  return {
    record: 'artifact',
    id: reader.whole('id'),
    type: reader.oneOf('type', [...artifactTypes.keys()]),
    digest: reader.text('digest', DIGEST),
    properties: properties as Properties,
    bytes: reader.whole('bytes'),
    files: reader.whole('files'),
    gone: reader.flag('gone'),
  };
}

function readBinding(reader: Reader): ArchivedBinding {
  return { port: reader.text('port', NAME), index: reader.whole('index'), artifact: reader.whole('artifact') };
}

function readTimings(reader: Reader): Timings {
  const number = (key: string): number => reader.numbers('timings')[key] ?? reader.fail('timings');
  return { queuedMs: number('queuedMs'), executeMs: number('executeMs'), publishMs: number('publishMs') };
}

function readResources(reader: Reader): Partial<ResourceUse> {
  const { cpuMs, peakMemoryBytes } = reader.numbers('resources');
  return { cpuMs, peakMemoryBytes };
}

function readExecution(reader: Reader): ArchivedExecution {
  const failure = (): FailureRecord => {
    const part = reader.part('failure');
    return { code: part.text('code'), message: part.long('message') };
  };
  const fingerprint = reader.optional('fingerprint', (key) => reader.text(key, DIGEST));
  const cachedFrom = reader.optional('cachedFrom', (key) => reader.whole(key));
  const reason = reader.optional('reason', (key) => reader.long(key));
  const failed = reader.optional('failure', failure);
  const timings = reader.optional('timings', () => readTimings(reader));
  const resources = reader.optional('resources', () => readResources(reader));
  const log = reader.optional('log', (key) => reader.text(key, DIGEST));
  return {
    record: 'execution',
    id: reader.whole('id'),
    run: reader.whole('run'),
    node: reader.text('node', NODE),
    component: reader.text('component'),
    state: reader.oneOf('state', ['COMPLETE', 'CACHED', 'FAILED', 'CANCELED', 'SKIPPED']),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(cachedFrom === undefined ? {} : { cachedFrom }),
    ...(reason === undefined ? {} : { reason }),
    metrics: reader.numbers('metrics'),
    ...(failed === undefined ? {} : { failure: failed }),
    ...(timings === undefined ? {} : { timings }),
    ...(resources === undefined ? {} : { resources }),
    attempts: reader.whole('attempts'),
    ...(log === undefined ? {} : { log }),
    reusable: reader.flag('reusable'),
    startedAt: reader.whole('startedAt'),
    endedAt: reader.whole('endedAt'),
    inputs: reader.parts('inputs').map(readBinding),
    outputs: reader.parts('outputs').map(readBinding),
  };
}

function parsed(text: string, where: string): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badArchive(`${where} is no JSON`);
  }
  if (isMapping(value)) return value;
  throw badArchive(`${where} is no mapping`);
}

/** Reads the head of an archive; returns the number that the exported run had. */
export function readHead(text: string): number {
  const { format, run } = parsed(text, ARCHIVE.head);
  if (typeof format === 'number' && format > ARCHIVE_FORMAT) {
    throw new RequestError(
      'foreign-archive',
      `the archive has format ${String(format)}, this release reads formats up to ${String(ARCHIVE_FORMAT)}`,
      'use the newer release that wrote it',
    );
  }
  if (typeof format === 'number' && [1, ARCHIVE_FORMAT].includes(format) && typeof run === 'number') return run;
  throw badArchive(`${ARCHIVE.head} is not as it should be`);
}

/** Every reference of a record leads to a record before it. */
function checkReferences({ runs, fingerprints, artifacts, executions }: ArchivedRecords): void {
  const runIds = new Set(runs.map(({ id }) => id));
  const met = new Set<number>();
  for (const { id, run, fingerprint, cachedFrom, state, inputs, outputs, node } of executions) {
    const where = `the execution of ${node}`;
    if (met.has(id)) throw badArchive(`${where} stands there twice`);
    if (!runIds.has(run)) throw badArchive(`${where} is of a run that is not there`);
    if (state === 'SKIPPED') {
      if (inputs.length + outputs.length > 0) throw badArchive(`${where} was skipped, and has artifacts`);
    } else if (fingerprint === undefined || !fingerprints.has(fingerprint)) {
      throw badArchive(`${where} has no fingerprint`);
    }
    if (cachedFrom !== undefined && !met.has(cachedFrom)) throw badArchive(`${where} is cached from nowhere`);
    for (const { artifact } of [...inputs, ...outputs]) {
      if (!artifacts.has(artifact)) throw badArchive(`${where} has an artifact that is not there`);
    }
    met.add(id);
  }
}

/** Reads the records of an archive. @throws RequestError `bad-archive` */
export function readRecords(text: string): ArchivedRecords {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length > MOST_RECORDS) throw badArchive(`it has more than ${String(MOST_RECORDS)} records`);
  const runs: ArchivedRun[] = [];
  const fingerprints = new Map<string, FingerprintRecord>();
  const artifacts = new Map<number, ArchivedArtifact>();
  const executions: ArchivedExecution[] = [];
  lines.forEach((line, index) => {
    const where = `${ARCHIVE.records}:${String(index + 1)}`;
    if (line.length > LONGEST_RECORD) throw badArchive(`${where} is too long`);
    const fields = parsed(line, where);
    const reader = new Reader(fields, where);
    switch (reader.oneOf('record', ['run', 'fingerprint', 'artifact', 'execution'])) {
      case 'run':
        runs.push(readRun(reader));
        break;
      case 'fingerprint': {
        const fingerprint = readFingerprint(reader);
        fingerprints.set(fingerprint.digest, fingerprint);
        break;
      }
      case 'artifact': {
        const artifact = readArtifact(reader);
        artifacts.set(artifact.id, artifact);
        break;
      }
      case 'execution':
        executions.push(readExecution(reader));
        break;
    }
  });
  const records = { runs, fingerprints, artifacts, executions };
  checkReferences(records);
  return records;
}
