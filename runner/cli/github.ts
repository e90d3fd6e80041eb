/**
 * What the environment of a job in GitHub Actions says, and how places and faults are told there.
 *
 * Source: GitHub, "Default environment variables" of workflows.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { plainLine, plainText } from '../reporting/text/plain-text.js';
import { annotation } from '../reporting/github/workflow-command.js';
import { diagnosticData, placeData, type DiagnosticPlace } from '../source/diagnostic-data.js';
import type { Diagnostic } from '../source/diagnostic.js';
import type { ProcessEnvironment } from './command.js';

type JobEnvironment = Pick<ProcessEnvironment, 'cwd' | 'env'>;

/** Annotations that GitHub takes of one step; of more it says nothing. */
const MOST_ANNOTATIONS = 10;

/** Whether this is a job of GitHub Actions. */
export function inGithub({ env }: JobEnvironment): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

/** Absolute path of the file that the job's summary is gathered in; undefined elsewhere. */
export function summaryFile(environment: JobEnvironment): string | undefined {
  const path = environment.env['GITHUB_STEP_SUMMARY'] ?? '';
  return inGithub(environment) && path !== '' ? resolve(environment.cwd, path) : undefined;
}

/** The same place, its file from the root of the repository, as annotations need it; undefined for one outside. */
function inRepository(place: DiagnosticPlace, { cwd, env }: JobEnvironment): DiagnosticPlace | undefined {
  const file = relative(env['GITHUB_WORKSPACE'] ?? cwd, resolve(cwd, place.file));
  const outside = file === '' || isAbsolute(file) || file.split(sep)[0] === '..';
  return outside ? undefined : { ...place, file: file.replaceAll(sep, '/') };
}

/** Where the nodes of a pipeline are written. */
export function nodePlaces(
  { nodes }: PipelineGraph,
  environment: JobEnvironment,
): (node: string) => DiagnosticPlace | undefined {
  const places = new Map(nodes.map(({ name, places: { name: range } }) => [name, range]));
  return (node) => {
    const range = places.get(node);
    return range === undefined ? undefined : inRepository(placeData(range), environment);
  };
}

/** Faults of a pipeline file as annotations of it. */
export function diagnosticAnnotations(diagnostics: readonly Diagnostic[], environment: JobEnvironment): string {
  return diagnostics
    .slice(0, MOST_ANNOTATIONS)
    .map(diagnosticData)
    .map(({ severity, code, message, hint, place }) =>
      annotation(severity, {
        title: code,
        message: plainText(hint === undefined ? message : `${message}\n${hint}`),
        place: place && inRepository(place, environment),
      }),
    )
    .join('');
}

/** A failure without a place as an annotation of the job. */
export function failureAnnotation({ code, message }: { readonly code: string; readonly message: string }): string {
  return annotation('error', { title: plainLine(code), message: plainText(message), place: undefined });
}
