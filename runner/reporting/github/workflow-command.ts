/**
 * What a program tells GitHub Actions by lines that it prints, such as `::error file=p.yaml,line=3::message`.
 *
 * Source: GitHub's "Workflow commands for GitHub Actions", and the escaping of actions/toolkit,
 * packages/core/src/command.ts.
 */
import type { DiagnosticPlace } from '../../source/diagnostic-data.js';

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A command with its line break. */
export function workflowCommand(
  name: string,
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const given = Object.entries(properties).flatMap(([key, value]) => {
    const text = value === undefined ? '' : data(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C');
    return text === '' ? [] : [`${key}=${text}`];
  });
  return `::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${data(message)}\n`;
}

/** An annotation of a file, which is shown beside its lines; or of the whole job, without a place. */
export function annotation(
  severity: 'error' | 'warning',
  { title, message, place }: { title: string; message: string; place: DiagnosticPlace | undefined },
): string {
  const where =
    place === undefined
      ? {}
      : // Columns are shown only of what stands on one line.
        place.line === place.endLine
        ? { file: place.file, line: place.line, col: place.column, endColumn: place.endColumn }
        : { file: place.file, line: place.line, endLine: place.endLine };
  return workflowCommand(severity, { title, ...where }, message);
}
