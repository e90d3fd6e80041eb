/**
 * Executes a step that has just been executed once more, and compares the bytes of what comes out. The second result is
 * thrown away.
 */
import { dropCheckpoints } from '../../artifacts/store/checkpoints.js';
import { makeManifest } from '../../artifacts/store/manifest.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import { compareArtifacts } from './compare-artifacts.js';
import { ResourceMeter } from './resource-meter.js';
import type { FileDifference, RunEvent } from './run-event.js';
import { executeOnce, type SealedOutput, type StepSurroundings } from './run-step.js';
import { StepFailed, stepFailure } from './step-failure.js';

/** What is told of a step that was checked. */
type Checked = Extract<RunEvent, { type: 'step-checked' }>;

/** Why a step is not executed twice; undefined when it can be. */
function passedOver({ spec }: GraphNode): string | undefined {
  if (spec.external) return `${spec.name} has effects outside the store`;
  return spec.deterministic ? undefined : `${spec.name} is not meant to be deterministic`;
}

/**
 * Checks a step.
 *
 * @param first - what it made
 * @returns undefined when the run was stopped meanwhile
 */
export async function checkDeterminism(
  node: GraphNode,
  inputs: ArtifactsByPort,
  fingerprint: string,
  first: readonly SealedOutput[],
  surroundings: StepSurroundings,
): Promise<Checked | undefined> {
  const { artifacts, root, stop, mask } = surroundings;
  const verdict = (about: Omit<Checked, 'type' | 'node'>): Checked => ({
    type: 'step-checked',
    node: node.name,
    ...about,
  });
  const reason = passedOver(node);
  if (reason !== undefined) return verdict({ verdict: 'passed over', reason, differences: [] });
  // It has said everything already.
  const quiet: StepSurroundings = { ...surroundings, report: () => undefined };
  const meter = new ResourceMeter(surroundings.ownProcess);
  try {
    const differences = await executeOnce(node, inputs, fingerprint, quiet, meter, async ({ staged }) => {
      const found: FileDifference[] = [];
      for (const {
        port,
        artifact: { digest },
      } of first) {
        const again = staged[port]?.path;
        const manifest = await artifacts.manifest(digest);
        if (again === undefined || manifest === undefined) throw new Error(`the output ${port} is not there`);
        const second = { path: again, manifest: await makeManifest(again) };
        found.push(...(await compareArtifacts(port, { path: artifacts.pathOf(digest), manifest }, second)));
      }
      return found;
    });
    return verdict({ verdict: differences.length === 0 ? 'same' : 'differs', reason: '', differences });
  } catch (error) {
    if (stop.aborted) return undefined;
    const { message } = mask(error instanceof StepFailed ? error.failure : stepFailure(error));
    return verdict({ verdict: 'differs', reason: `it failed: ${message}`, differences: [] });
  } finally {
    meter.stop();
    await dropCheckpoints(root, fingerprint);
  }
}
