/**
 * `pipeline gc`: takes out of the store what is not to be kept, brings it back, or removes it for good.
 */
import {
  collectGarbage,
  findGarbage,
  purgeTrash,
  undoCollection,
  type Collection,
  type TidiedStore,
} from '../../../artifacts/collect-garbage.js';
import type { RetentionPolicy, Verdict } from '../../../artifacts/retention.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { byteSize, counted, duration, shortDigest } from '../../reporting/text/quantities.js';
import { styleFor } from '../../reporting/text/style.js';
import { DIGEST_CUTS, tableLines } from '../../reporting/text/table.js';
import { EXIT, type Command, type Environment, type ExitStatus } from '../command.js';
import type { GcArguments } from '../arguments.js';
import { answerJson, withStore } from '../open-store.js';
import { rootOption } from '../shown-path.js';

/** Artifacts that are listed for people; programs get all. */
const LISTED = 40;

type Dropped = Extract<Verdict, { keep: false }>;

function isDropped(verdict: Verdict): verdict is Dropped {
  return !verdict.keep;
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

/** Why an artifact goes, in a few words. */
function dropText({ reason, lastRun }: Dropped, { keepLast, maxBytes }: RetentionPolicy, now: number): string {
  const last = lastRun === undefined ? '' : `last used by run ${String(lastRun.id)} of ${lastRun.pipeline}`;
  switch (reason) {
    case 'earlier-runs':
      return `${last}, earlier than its last ${keepLast === 1 ? 'complete run' : `${String(keepLast)} complete runs`}`;
    case 'too-old':
      return `${last}, ${duration(now - (lastRun?.startedAt ?? now))} ago`;
    case 'over-size':
      return `the store is over ${byteSize(maxBytes ?? 0)}; ${last}`;
    case 'unrecorded':
      return 'no run has recorded it';
  }
}

function keptText(verdicts: readonly Verdict[]): string {
  const kept = verdicts.filter(({ keep }) => keep);
  const because = (reason: string): number => kept.filter((verdict) => verdict.reason === reason).length;
  const parts = [
    [because('kept-run'), 'of runs that are kept'],
    [because('shipped'), 'that blessed or pushed models came from'],
    [because('running'), 'while a pipeline is running'],
  ] as const;
  const why = parts.filter(([count]) => count > 0).map(([count, text]) => `${String(count)} ${text}`);
  return `${counted(kept.length, 'artifact')} (${byteSize(sum(kept))}) ${kept.length === 1 ? 'is' : 'are'} kept${why.length === 0 ? '' : `: ${why.join(', ')}`}`;
}

function policyOptions({ keepLast, maxAge, maxSize, pipeline }: GcArguments): string {
  return [
    keepLast === undefined ? '' : ` --keep-last ${String(keepLast)}`,
    maxAge === undefined ? '' : ` --max-age ${maxAge.text}`,
    maxSize === undefined ? '' : ` --max-size ${maxSize.text}`,
    pipeline === undefined ? '' : ` --pipeline ${pipeline}`,
  ].join('');
}

function policyOf({ keepLast, maxAge, maxSize, pipeline }: GcArguments): RetentionPolicy {
  return { keepLast, maxAgeMs: maxAge?.value, maxBytes: maxSize?.value, pipeline };
}

function collectionText(collection: Collection, args: GcArguments, environment: Environment): string {
  const { stdout } = environment;
  const style = styleFor(stdout.colors);
  const { verdicts, quarantined, recorded } = collection;
  const policy = policyOf(args);
  const dropped = verdicts.filter(isDropped).toSorted((a, b) => b.bytes - a.bytes);
  const rows = [
    ...dropped.map((verdict) => {
      const known = recorded.get(verdict.digest);
      return [
        known === undefined ? '' : `${known.node}.${known.port}`,
        known?.type ?? '',
        shortDigest(verdict.digest),
        byteSize(verdict.bytes),
        dropText(verdict, policy, environment.now()),
      ];
    }),
    ...quarantined.map(({ name, bytes }) => [
      '',
      '',
      shortDigest(name),
      byteSize(bytes),
      'it was damaged, and set aside',
    ]),
  ];
  const bytes = sum(dropped) + sum(quarantined);
  const next = (command: string): string => style.strong(`pipeline gc${command}${rootOption(environment)}`);
  const left = sum(verdicts.filter(({ keep }) => keep));
  const limit = policy.maxBytes;
  const stays =
    limit !== undefined && left > limit
      ? [style.warn(`that is more than ${byteSize(limit)}, and no more of it may go`)]
      : [];
  if (rows.length === 0) return [`nothing is to be taken out`, keptText(verdicts), ...stays, ''].join('\n');
  const what = `${counted(rows.length, 'artifact')} (${byteSize(bytes)})`;
  return [
    args.dryRun ? `would move ${what} to the trash:` : `moved ${what} to the trash:`,
    ...tableLines(
      [{ title: '' }, { title: '' }, { title: '', cuts: DIGEST_CUTS }, { title: '', align: 'right' }, { title: '' }],
      rows.slice(0, LISTED),
      stdout.isTTY ? stdout.columns - 2 : Infinity,
    ).map((line) => `  ${line}`),
    ...(rows.length > LISTED ? [`  … ${String(rows.length - LISTED)} more: --json lists all`] : []),
    keptText(verdicts),
    ...stays,
    '',
    args.dryRun
      ? `next: ${next(policyOptions(args))}`
      : `next: ${next(' --purge')} frees the space; ${next(' --undo')} brings them back`,
    '',
  ].join('\n');
}

function collectionJson({ verdicts, quarantined, recorded }: Collection, args: GcArguments, now: number): object {
  const policy = policyOf(args);
  const facts = ({ digest, bytes, reason, lastRun }: Verdict): object => {
    const known = recorded.get(digest);
    return { digest, type: known?.type, node: known?.node, port: known?.port, bytes, reason, lastRun: lastRun?.id };
  };
  const dropped = verdicts.filter(isDropped);
  return {
    dryRun: args.dryRun,
    removed: dropped.map((verdict) => ({ ...facts(verdict), why: dropText(verdict, policy, now) })),
    quarantined,
    kept: verdicts.filter(({ keep }) => keep).map(facts),
    bytes: sum(dropped) + sum(quarantined),
    keptBytes: sum(verdicts.filter(({ keep }) => keep)),
  };
}

async function undo(store: TidiedStore, environment: Environment): Promise<ExitStatus> {
  const { stdout, json } = environment;
  const restoration = await undoCollection(store);
  if (json) answerJson(environment, 'gc-undo', restoration ?? { restored: [], lost: [] });
  else if (restoration === undefined) stdout.write('the trash is empty: there is nothing to bring back\n');
  else {
    const { restored, lost } = restoration;
    stdout.write(`brought ${counted(restored.length, 'artifact')} (${byteSize(sum(restored))}) back\n`);
    for (const digest of lost) stdout.write(`${shortDigest(digest)} is damaged or gone: the next run makes it again\n`);
  }
  return restoration === undefined || restoration.lost.length === 0 ? EXIT.done : EXIT.failed;
}

async function purge(store: TidiedStore, environment: Environment): Promise<ExitStatus> {
  const bytes = await purgeTrash(store);
  if (environment.json) answerJson(environment, 'gc-purge', { bytes });
  else environment.stdout.write(bytes === 0 ? 'the trash was empty\n' : `freed ${byteSize(bytes)}\n`);
  return EXIT.done;
}

export const command: Command<GcArguments> = (args, environment) =>
  withStore(environment, async ({ root, metadata }) => {
    const store = { root, metadata, artifacts: openLocalArtifactStore(root) };
    if (args.phase === 'undo') return await undo(store, environment);
    if (args.phase === 'purge') return await purge(store, environment);
    const work = args.dryRun ? findGarbage : collectGarbage;
    const collection = await work(store, policyOf(args), environment.now());
    if (environment.json) answerJson(environment, 'gc', collectionJson(collection, args, environment.now()));
    else environment.stdout.write(collectionText(collection, args, environment));
    return EXIT.done;
  });
