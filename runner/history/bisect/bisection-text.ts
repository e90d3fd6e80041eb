/**
 * A bisection in words: what differs, what was tried, what moved the metric.
 */
import { plainLine } from '../../reporting/text/plain-text.js';
import { counted, metricText, shortDigest } from '../../reporting/text/quantities.js';
import type { BisectQuestion } from './bisect-question.js';
import type { Bisection, Trial } from './bisection.js';
import type { Change } from './changes.js';
import { changeName, type Switch } from './switches.js';

/** Declarations of user code that are listed. */
const LISTED = 5;

function valueText(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value).slice(0, 80);
}

/** From what to what something has changed. */
export function changeText({ kind, before, after, parts }: Change): string {
  const [first, more] = [parts.slice(0, LISTED), parts.length - LISTED];
  if (first.length > 0) {
    const listed = first.map(({ part, change }) => `${part} ${change}`).join(', ');
    return more > 0 ? `${listed}, and ${String(more)} more` : listed;
  }
  const text = kind === 'param' || kind === 'value' ? valueText : (value: unknown) => digestText(value);
  return `${text(before)} → ${text(after)}`;
}

function digestText(value: unknown): string {
  return typeof value === 'string' ? shortDigest(value) : valueText(value);
}

/** What the question is, and what there is to switch. */
export function questionLines(question: BisectQuestion, switches: readonly Switch[]): readonly string[] {
  const { good, bad, node, metric, values } = question;
  const [before, after] = [metricText(values.good), metricText(values.bad)];
  const changes = switches.flatMap((each) => each.changes);
  return [
    `${node}.${metric}: ${before} in run ${String(good.id)}, ${after} in run ${String(bad.id)}`,
    `${counted(changes.length, 'change')}: ${changes.map(changeName).join(', ')}`,
    ...switches.flatMap(({ name, changes: { length }, requires, because }) => [
      ...(length === 1 ? [] : [`cannot be told apart: ${name}: ${String(because)}`]),
      ...(requires.length === 0 ? [] : [`${name} can be tried only with ${requires.join(', ')}: ${String(because)}`]),
    ]),
  ].map(plainLine);
}

/** What a mixture gave. */
export function trialLine({ switched, run, value, failure, isBad }: Trial, { good, bad }: BisectQuestion): string {
  const what =
    switched.length === 0 ? `all as in run ${String(good.id)}` : `${switched.join(', ')} as in run ${String(bad.id)}`;
  const came = value === undefined ? failure : `${metricText(value)}, ${isBad === true ? 'bad' : 'good'}`;
  return plainLine(`${run === undefined ? 'not run' : `run ${String(run)}`}: ${came}: ${what}`);
}

/** What moved the metric; `strong` marks the names. */
export function causeLines(
  { trials, causes, proof }: Bisection,
  switches: readonly Switch[],
  strong: (text: string) => string,
): readonly string[] {
  const found = switches.filter(({ name }) => causes.includes(name));
  const changes = found.flatMap((each) => each.changes);
  const required = [...new Set(found.flatMap(({ requires }) => requires))].filter((name) => !causes.includes(name));
  const valueless = trials.filter(({ value }) => value === undefined);
  const invalid = valueless.filter(({ run }) => run === undefined).length;
  const failed = valueless.length - invalid;
  const beside = [
    ...(required.length === 0 ? [] : [`it was tried only with ${required.join(', ')} switched, too`]),
    ...(failed === 0 ? [] : [`${counted(failed, 'mixture')} failed and told nothing`]),
    ...(invalid === 0 ? [] : [`${counted(invalid, 'mixture')} could not be run, and told nothing`]),
  ];
  const [only] = changes;
  if (only !== undefined && changes.length === 1) {
    const gives =
      proof?.value !== undefined && proof.switched.length === 1 ? `; alone it gives ${metricText(proof.value)}` : '';
    return [
      `${strong(plainLine(changeName(only)))} moved it: ${plainLine(changeText(only))}${gives}`,
      ...beside.map(plainLine),
    ];
  }
  return [
    found.length === 1
      ? 'these moved it, and cannot be told apart:'
      : 'these moved it together, and none of them can be left out:',
    ...changes.map((change) => `  ${strong(plainLine(changeName(change)))}: ${plainLine(changeText(change))}`),
    ...beside.map(plainLine),
  ];
}
