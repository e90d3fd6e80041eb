/**
 * The names that artifacts go by on the command line: `node.output`, `run:node.output`, the beginning of a digest, an id.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { suggest } from '../config/fields.js';
import { counted, shortDigest } from '../reporting/text/quantities.js';
import { RequestError } from '../source/request-error.js';
import { findRun } from './find-run.js';

function byOutput(text: string, run: number | undefined, metadata: MetadataStore): ArtifactRecord | undefined {
  const match = /^(?:(\d{1,9}):)?([A-Za-z][\w-]*(?:\[[^\]]*\])?)(?:\.([\w-]+))?$/u.exec(text);
  if (match === null) return undefined;
  const [, runText, node = '', port] = match;
  const { id } = findRun(metadata, runText === undefined ? run : Number(runText));
  const executions = metadata.executionsOf(id);
  const found = executions.findLast(({ execution, outputs }) => execution.node === node && outputs.length > 0);
  if (found === undefined) {
    const known = [
      ...new Set(executions.filter(({ outputs }) => outputs.length > 0).map((each) => each.execution.node)),
    ];
    throw new RequestError(
      'no-artifact',
      `run ${String(id)} has no artifact of a node '${node}'`,
      suggest(node, known),
    );
  }
  const ports = found.outputs.map((output) => output.port);
  const wanted = port ?? (ports.length === 1 ? ports[0] : undefined);
  const output = found.outputs.find((each) => each.port === wanted);
  if (output !== undefined) return output.artifact;
  throw new RequestError(
    'no-artifact',
    port === undefined ? `'${node}' has several outputs` : `node '${node}' has no output '${port}'`,
    port === undefined ? `write one of ${ports.map((each) => `${node}.${each}`).join(', ')}` : suggest(port, ports),
  );
}

/** Fewest digits of a digest that are taken for one. */
const SHORTEST_DIGEST = 4;

function byDigest(text: string, metadata: MetadataStore): ArtifactRecord | undefined {
  if (text.length < SHORTEST_DIGEST || !/^[0-9a-f]{4,64}$/u.test(text)) return undefined;
  const found = metadata.artifactsByDigest(text);
  const digests = [...new Set(found.map(({ digest }) => digest))];
  if (digests.length > 1) {
    throw new RequestError(
      'ambiguous-digest',
      `${counted(digests.length, 'artifact')} have a digest that begins with ${text}`,
      `write more of it: ${digests.slice(0, 5).map(shortDigest).join(', ')}`,
    );
  }
  return found[0];
}

/**
 * The artifact that a name means; of several with one digest, the newest.
 *
 * @param run - the run that `node.output` is looked for in; undefined for the latest
 * @throws RequestError `no-artifact`, `ambiguous-digest`, `no-run`
 */
export function findArtifact(text: string, run: number | undefined, metadata: MetadataStore): ArtifactRecord {
  const byId = /^\d{1,9}$/u.test(text) ? metadata.artifact(Number(text)) : undefined;
  const found = byId ?? byDigest(text, metadata) ?? byOutput(text, run, metadata);
  if (found !== undefined) return found;
  throw new RequestError(
    'no-artifact',
    `there is no artifact '${text.slice(0, 80)}'`,
    "write node.output, run:node.output, the beginning of a digest, an id or a path; 'pipeline artifacts' lists them",
  );
}
