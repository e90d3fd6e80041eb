/**
 * A recorded run as a drawing: its nodes, joined by the artifacts that went from one to another.
 */
import type { ExecutionWithArtifacts } from '../../artifacts/metadata/metadata-store.js';
import { withoutInstance } from '../config/node-name.js';
import type { Drawing } from '../reporting/drawing/drawing.js';
import { combinedState } from '../reporting/drawing/pipeline-drawing.js';
import { NODE_STATES } from './run-states.js';

/** Draws a run; instances of one node are one box. */
export function runDrawing(executions: readonly ExecutionWithArtifacts[]): Drawing {
  const groups = new Map<string, Map<string, ExecutionWithArtifacts>>();
  const makers = new Map<number, string>();
  for (const step of executions) {
    const group = withoutInstance(step.execution.node);
    const members = groups.get(group) ?? new Map<string, ExecutionWithArtifacts>();
    groups.set(group, members.set(step.execution.node, step));
    for (const { artifact } of step.outputs) makers.set(artifact.id, group);
  }
  const ids = new Map([...groups.keys()].map((group, index) => [group, `n${String(index)}`]));
  const id = (group: string): string => ids.get(group) ?? '';
  const types = new Map<string, { from: string; to: string; labels: Set<string> }>();
  for (const [group, members] of groups) {
    for (const { artifact } of [...members.values()].flatMap(({ inputs }) => inputs)) {
      const maker = makers.get(artifact.id);
      if (maker === undefined || maker === group) continue;
      const arrow = types.get(`${maker} ${group}`) ?? { from: id(maker), to: id(group), labels: new Set() };
      types.set(`${maker} ${group}`, arrow);
      arrow.labels.add(artifact.type);
    }
  }
  return {
    boxes: [...groups].map(([group, members]) => {
      const steps = [...members.values()].map(({ execution }) => execution);
      const isGroup = steps.some(({ node }) => node !== group);
      return {
        id: id(group),
        lines: [isGroup ? `${group} ×${String(steps.length)}` : group, steps[0]?.component ?? ''],
        shape: 'square',
        isRoot: false,
        isConditional: false,
        state: combinedState(steps.map(({ state }) => NODE_STATES[state])),
      };
    }),
    arrows: [...types.values()].map((arrow) => ({ ...arrow, labels: [...arrow.labels], isOrder: false })),
  };
}
