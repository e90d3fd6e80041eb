/**
 * A plan as people read it: a line a node, and below what all of it would cost.
 */
import { cachedOutputs, type Forecast } from '../plan/forecast.js';
import type { PlannedNode } from '../plan/plan-pipeline.js';
import { plainLine } from './text/plain-text.js';
import { byteSize, counted, duration } from './text/quantities.js';
import { MARKS, paintState, type NodeState, type Style } from './text/style.js';
import { tableLines } from './text/table.js';

/** What would become of a node, in a word. */
export type PlannedAction = 'cached' | 'run' | 'skip' | 'wait' | 'fail';

/** Names that a list of nodes has at most. */
const LISTED = 5;

/** What would become of a node, and why. */
export function plannedAction({ plan }: PlannedNode): { readonly action: PlannedAction; readonly reason: string } {
  switch (plan.kind) {
    case 'cached':
      return { action: 'cached', reason: `from run ${String(plan.from.execution.runId)}` };
    case 'resolved':
      return { action: 'cached', reason: plan.found };
    case 'run':
      return { action: 'run', reason: plan.reason };
    case 'skipped':
      return { action: 'skip', reason: plan.reason };
    case 'waits':
      return {
        action: 'wait',
        reason: `cached if ${plan.on.join(', ')} ${plan.on.length === 1 ? 'comes' : 'come'} out the same`,
      };
    case 'fails':
      return { action: 'fail', reason: plan.error.message };
  }
}

const STATES: Readonly<Record<PlannedAction, NodeState>> = {
  cached: 'cached',
  run: 'running',
  skip: 'skipped',
  wait: 'waiting',
  fail: 'failed',
};

function amount(planned: PlannedNode, { expected }: Forecast): string {
  const { name } = planned.node;
  if (expected.has(name)) {
    const ms = expected.get(name);
    return ms === undefined ? 'unknown' : `~${duration(ms)}`;
  }
  const outputs = [...cachedOutputs(planned).values()];
  return outputs.length === 0 ? '' : byteSize(outputs.reduce((sum, bytes) => sum + bytes, 0));
}

function listed(names: readonly string[], separator: string): string {
  const more = names.length - LISTED;
  const shown = names.slice(0, LISTED).map(plainLine).join(separator);
  return more > 0 ? `${shown}${separator}${String(more)} more` : shown;
}

function counts(planned: readonly PlannedNode[], { cachedBytes, savedMs }: Forecast): string {
  const actions = planned.map((each) => plannedAction(each).action);
  const of = (action: PlannedAction): number => actions.filter((each) => each === action).length;
  const saved = savedMs > 0 ? `, which took ${duration(savedMs)}` : '';
  const parts = [
    of('run') > 0 ? `${String(of('run'))} to run` : '',
    of('wait') > 0 ? `${String(of('wait'))} to run if what they need changes` : '',
    of('cached') > 0 ? `${String(of('cached'))} cached: ${byteSize(cachedBytes)}${saved}` : '',
    of('skip') > 0 ? `${String(of('skip'))} skipped` : '',
    of('fail') > 0 ? `${String(of('fail'))} that cannot be decided` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function prediction({ expected, unknown, wallMs, criticalPath }: Forecast, jobs: number): readonly string[] {
  if (expected.size === 0) return [];
  const known = expected.size > unknown.length;
  const least = unknown.length > 0 ? 'at least' : 'about';
  return [
    ...(known ? [`predicted: ${least} ${duration(wallMs)}, ${String(jobs)} at a time`] : []),
    ...(known && criticalPath.length > 0 ? [`longest way: ${listed(criticalPath, ' → ')}`] : []),
    ...(unknown.length > 0
      ? [`time unknown of ${counted(unknown.length, 'node')} that never ran: ${listed(unknown, ', ')}`]
      : []),
  ];
}

/**
 * A plan as text, with a line break at its end.
 *
 * @param jobs - steps that would run at the same time
 * @param columns - width of the terminal; Infinity where lines may be of any length
 */
export function planText(
  planned: readonly PlannedNode[],
  expectation: Forecast,
  { jobs, style, columns }: { jobs: number; style: Style; columns: number },
): string {
  const rows = planned.map((each) => {
    const { action, reason } = plannedAction(each);
    return [`${MARKS[STATES[action]]} ${action}`, each.node.name, amount(each, expectation), reason];
  });
  const titles = [{ title: '' }, { title: '', isName: true }, { title: '', align: 'right' as const }, { title: '' }];
  const lines = tableLines(titles, rows, columns).map((line, index) => {
    const each = planned[index];
    return each === undefined ? line : paintState(style, STATES[plannedAction(each).action])(line);
  });
  return `${[...lines, '', counts(planned, expectation), ...prediction(expectation, jobs)].join('\n')}\n`;
}
