/**
 * `pipeline artifacts`: the artifacts of a store, newest first.
 */
import { makerOf } from '../../../artifacts/metadata/maker.js';
import { artifactTypes } from '../../../artifacts/types.js';
import type { ArtifactRecord } from '../../../artifacts/metadata/records.js';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import { suggest } from '../../config/fields.js';
import { byteSize, moment, shortDigest } from '../../reporting/text/quantities.js';
import { DIGEST_CUTS, MOMENT_CUTS, tableLines } from '../../reporting/text/table.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command } from '../command.js';
import type { ArtifactsArguments } from '../arguments.js';
import { answerJson, withStore } from '../open-store.js';
import { artifactJson } from '../../history/run-json.js';
import { rootOption } from '../shown-path.js';

function row(artifact: ArtifactRecord, metadata: MetadataStore): readonly string[] {
  const maker = makerOf(artifact.id, metadata);
  return [
    String(artifact.id),
    artifact.type,
    maker === undefined ? '' : `${maker.execution.node}.${maker.port}`,
    maker === undefined ? '' : `run ${String(maker.execution.runId)}`,
    shortDigest(artifact.digest),
    artifact.gone ? 'gone' : byteSize(artifact.bytes),
    moment(artifact.createdAt),
  ];
}

export const command: Command<ArtifactsArguments> = ({ type, pipeline, limit }, environment) =>
  withStore(environment, ({ metadata }) => {
    const { stdout, json } = environment;
    const artifacts = metadata.artifacts({
      limit,
      ...(type === undefined ? {} : { type }),
      ...(pipeline === undefined ? {} : { pipeline }),
    });
    if (type !== undefined && artifacts.length === 0 && !artifactTypes.has(type)) {
      const known = [...artifactTypes.keys()];
      throw new RequestError('unknown-type', `there is no artifact type '${type}'`, suggest(type, known));
    }
    if (json) {
      const answer = artifacts.map((artifact) => {
        const maker = makerOf(artifact.id, metadata);
        const madeBy = maker && { run: maker.execution.runId, node: maker.execution.node, port: maker.port };
        return { ...artifactJson(artifact), madeBy };
      });
      answerJson(environment, 'artifacts', { artifacts: answer });
    } else if (artifacts.length === 0) stdout.write('there is no such artifact\n');
    else {
      const columns = [
        { title: 'id', align: 'right' as const },
        { title: 'type' },
        { title: 'made as', isName: true },
        { title: 'in' },
        { title: 'digest', cuts: DIGEST_CUTS },
        { title: 'size', align: 'right' as const },
        { title: 'made', cuts: MOMENT_CUTS },
      ];
      const rows = artifacts.map((artifact) => row(artifact, metadata));
      stdout.write(`${tableLines(columns, rows, stdout.isTTY ? stdout.columns : Infinity).join('\n')}\n`);
      stdout.write(`\nnext: pipeline lineage ${String(artifacts[0]?.id)}${rootOption(environment)}\n`);
    }
    return EXIT.done;
  });
