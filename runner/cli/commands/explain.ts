/**
 * `pipeline explain`: why a node was executed or was not, with the ingredient that changed and its place in the file.
 */
import type { ExecutionWithArtifacts, MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord, RunRecord } from '../../../artifacts/metadata/records.js';
import { suggest } from '../../config/fields.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { duration, moment } from '../../reporting/text/quantities.js';
import { styleFor, type Style } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import { valueText } from '../../reporting/text/value-text.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { ExplainArguments } from '../arguments.js';
import type { Cause, ChangedIngredient } from '../../plan/compare-executions.js';
import { explain, type Explanation } from '../../history/explanation.js';
import { answerJson, withStore } from '../open-store.js';
import { findRun } from '../../history/find-run.js';
import { rootOption } from '../shown-path.js';

/** Latest runs that are searched for a node that the one asked for does not have. */
const LOOKED_AT = 20;

function findStep(node: string, run: RunRecord, metadata: MetadataStore): ExecutionWithArtifacts {
  const executions = metadata.executionsOf(run.id);
  const found = executions.findLast(({ execution }) => execution.node === node);
  if (found !== undefined) return found;
  const known = [...new Set(executions.map(({ execution }) => execution.node))];
  const other = metadata
    .runs({ limit: LOOKED_AT })
    .find(({ id }) => metadata.executionsOf(id).some(({ execution }) => execution.node === node));
  const elsewhere = other && `the latest run that has one is ${String(other.id)}: add --run ${String(other.id)}`;
  throw new RequestError(
    'no-execution',
    `run ${String(run.id)} of ${run.pipeline} has no execution of a node '${node.slice(0, 80)}'`,
    elsewhere ?? suggest(node, known) ?? 'a node that was not reached has none',
  );
}

/** In place of an ingredient's value where it had none. */
const NONE = '(none)';

/** What an ingredient is, where its path does not say it. */
function noteOn(path: string): string {
  if (path === 'component.code') return 'code of the component';
  if (path === 'backend.name' || path === 'backend.version') return 'what TensorFlow computes with';
  if (path.startsWith('files.')) return 'content of a file';
  if (path.startsWith('params.') && path.endsWith('.content')) return 'content of the file or folder';
  if (path.startsWith('params.') && path.endsWith('.module')) return 'user code with all that it imports';
  if (path === 'place') return 'folder of the pipeline file';
  return '';
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function hitLines(explanation: Explanation, style: Style, width: number): readonly string[] {
  const { execution, from, other, ingredients } = explanation;
  const { node, runId } = execution;
  const took = from?.timings === undefined ? '' : `, where it took ${duration(from.timings.executeMs)}`;
  const elsewhere = from !== undefined && from.pipeline !== execution.pipeline ? ` of ${plainLine(from.pipeline)}` : '';
  const origin =
    from === undefined
      ? 'an earlier execution'
      : `run ${String(from.runId)}${elsewhere} (${moment(from.startedAt)})${took}`;
  const head = `${style.strong(plainLine(node))} was ${style.good('cached')} in run ${String(runId)}: its outputs are those of ${origin}`;
  if (other !== undefined) return [head, ...comparisonLines(explanation, other, width)];
  return [
    head,
    'all ingredients are the same:',
    ...indented(
      tableLines(
        [{ title: '', isName: true }, { title: '' }, { title: '', isName: true }],
        ingredients
          .filter(({ value }) => value !== '{}')
          .map(({ path, value, place }) => [path, valueText(value, NONE), place ?? '']),
        width,
      ),
    ),
  ];
}

/** `buildModel in modules/net.ts` as `modules/net.ts: buildModel`, and what became of it. */
function partLines({ parts }: Pick<ChangedIngredient, 'parts'>): readonly string[] {
  return parts.map(({ part, change }) => `${change} ${part}`);
}

function causeLines({ execution, change }: Cause): readonly string[] {
  const { node } = execution;
  if (change === undefined) return [`${node} made other bytes of the same ingredients: it is not deterministic`];
  const { path, before, after, place } = change;
  const where = place === undefined ? '' : `  ${place}`;
  return [
    `since in ${node} ${path} changed: ${valueText(before, NONE)} → ${valueText(after, NONE)}${where}`,
    ...indented(partLines(change)),
  ];
}

function comparisonLines(
  { execution, closest, changes }: Explanation,
  other: ExecutionRecord,
  width: number,
): readonly string[] {
  const { pipeline, node } = execution;
  const name = other.pipeline === pipeline && other.node === node ? '' : `, as ${other.node} of ${other.pipeline}`;
  const compared = `run ${String(other.runId)} (${moment(other.startedAt)}${plainLine(name)})`;
  if (changes.length === 0) return [`all ingredients are the same as in ${compared}`];
  const table = tableLines(
    [
      { title: 'ingredient', isName: true },
      { title: 'before' },
      { title: 'after' },
      { title: 'place', isName: true },
      { title: '' },
    ],
    changes.map(({ path, before, after, place, madeBy }) => [
      path,
      valueText(before, NONE),
      valueText(after, NONE),
      place ?? '',
      madeBy === undefined ? noteOn(path) : `made by ${madeBy.node} in run ${String(madeBy.runId)}`,
    ]),
    width,
  );
  const [title = '', ...rows] = table;
  return [
    `compared with ${compared}${closest ? ', which it differs least from' : ''}:`,
    ...indented([
      title,
      ...rows.flatMap((row, index) => {
        const change = changes[index];
        if (change === undefined) return [row];
        return [row, ...indented([...partLines(change), ...change.causes.flatMap(causeLines)]).map(plainLine)];
      }),
    ]),
  ];
}

function missLines(explanation: Explanation, style: Style, width: number): readonly string[] {
  const { execution, other } = explanation;
  const { node, runId, state, reason, failure } = execution;
  if (state === 'FAILED' && execution.fingerprint === undefined) {
    const why = plainLine(failure?.message ?? '');
    return [`${style.strong(plainLine(node))} failed in run ${String(runId)} before it was executed: ${why}`];
  }
  const verb =
    state === 'RUNNING' ? 'is being executed' : state === 'FAILED' ? 'was executed, and failed,' : 'was executed';
  const head = `${style.strong(plainLine(node))} ${verb} in run ${String(runId)}${reason === undefined ? '' : `: ${style.active(plainLine(reason))}`}`;
  if (other === undefined) return [head, 'no earlier execution of it, or of its component, had completed'];
  return [head, ...comparisonLines(explanation, other, width)];
}

function nextCommand({ execution, from }: Explanation): string {
  return `pipeline show ${String((from ?? execution).runId)}`;
}

function explanationJson({ execution, from, other, changes, ingredients }: Explanation): object {
  const value = (json: string | undefined): unknown => (json === undefined ? undefined : (JSON.parse(json) as unknown));
  const { runId, pipeline, node, component, id, state, reason, fingerprint } = execution;
  const named = (record: ExecutionRecord | undefined): object | undefined =>
    record && { run: record.runId, pipeline: record.pipeline, node: record.node, execution: record.id };
  const changeJson = (change: Omit<ChangedIngredient, 'madeBy' | 'causes'>): object => ({
    ...change,
    before: value(change.before),
    after: value(change.after),
  });
  return {
    run: runId,
    pipeline,
    node,
    component,
    execution: id,
    state,
    fingerprint,
    reason,
    cachedFrom: named(from),
    comparedWith: named(other),
    changes: changes.map(({ madeBy, causes, ...change }) => ({
      ...changeJson(change),
      madeBy: named(madeBy),
      causes: causes.map((cause) => ({ ...named(cause.execution), ...(cause.change && changeJson(cause.change)) })),
    })),
    ingredients: ingredients.map((ingredient) => ({ ...ingredient, value: value(ingredient.value) })),
  };
}

function explanationText(explanation: Explanation, environment: Environment): string {
  const { stdout } = environment;
  const style = styleFor(stdout.colors);
  const width = stdout.isTTY ? stdout.columns - 2 : Infinity;
  const { execution } = explanation;
  const lines =
    execution.state === 'SKIPPED'
      ? [
          `${style.strong(plainLine(execution.node))} was skipped in run ${String(execution.runId)}: ${plainLine(execution.reason ?? '')}`,
        ]
      : execution.state === 'CACHED'
        ? hitLines(explanation, style, width)
        : missLines(explanation, style, width);
  const next = style.strong(`${nextCommand(explanation)}${rootOption(environment)}`);
  return `${lines.join('\n')}\n\nnext: ${next}\n`;
}

export const command: Command<ExplainArguments> = ({ node, run, vs }, environment) =>
  withStore(environment, ({ metadata }) => {
    const step = findStep(node, findRun(metadata, run), metadata);
    const versus = vs === undefined ? undefined : findStep(node, findRun(metadata, vs), metadata);
    const explanation = explain(step, versus, metadata);
    if (environment.json) answerJson(environment, 'explanation', explanationJson(explanation));
    else environment.stdout.write(explanationText(explanation, environment));
    return EXIT.done;
  });
