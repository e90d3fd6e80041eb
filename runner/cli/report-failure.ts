/**
 * How what went wrong is told: text for people on stderr, one JSON object on stdout for programs.
 */
import { readableStack } from '../../components/user-stack.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { diagnosticData } from '../source/diagnostic-data.js';
import { renderDiagnostic } from '../source/render-diagnostic.js';
import { RequestError } from '../source/request-error.js';
import { EXIT, InvalidPipeline, type ExitStatus, type ProcessEnvironment } from './command.js';
import { diagnosticAnnotations, failureAnnotation, inGithub } from './github.js';
import { packageVersion } from './version.js';

/** A failure that is no defect: StoreError, StepError and RequestError look alike. */
interface Expected {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const EXPECTED_NAMES = ['StoreError', 'StepError', 'RequestError'];

function isExpected(error: unknown): error is Expected {
  // Told by name, not by class: loading the classes would load what only few commands need.
  return error instanceof Error && EXPECTED_NAMES.includes(error.name) && 'code' in error;
}

/** Diagnostics that are shown as text; `--json` gives all. */
const SHOWN_DIAGNOSTICS = 100;

/** All that is wrong with a pipeline file, as text. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const summary = errors === 0 ? [] : [`${String(errors)} error${errors === 1 ? '' : 's'}; nothing was executed`];
  const hidden = diagnostics.length - SHOWN_DIAGNOSTICS;
  const more = hidden > 0 ? [`… and ${String(hidden)} more`] : [];
  return `${[...diagnostics.slice(0, SHOWN_DIAGNOSTICS).map(renderDiagnostic), ...more, ...summary].join('\n\n')}\n`;
}

/** A failure with a code as text, in the form of a diagnostic. */
export function failureText(failure: Omit<Expected, 'name'>): string {
  const diagnostic = { severity: 'error', range: undefined, related: [], hint: failure.hint } as const;
  return `${renderDiagnostic({ ...diagnostic, code: failure.code as Diagnostic['code'], message: failure.message })}\n`;
}

/** Exit status of an expected failure: what the user named is at fault, or what was done with it. */
function statusOf(error: Expected): ExitStatus {
  return error.name === 'RequestError' || error.code.startsWith('foreign-') ? EXIT.invalid : EXIT.failed;
}

function defectText(error: unknown, argv: readonly string[], { node, platform }: ProcessEnvironment): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    'error[defect]: something went wrong that should not be possible',
    '  help: please report it, with the command and the lines below; nothing of it is sent by itself',
    '',
    `tfjs-pipelines ${packageVersion()}, Node ${node}, ${platform}`,
    `pipeline ${argv.join(' ')}`,
    stack,
    '',
  ].join('\n');
}

/** An error of user code that went past its step. */
const UNCAUGHT = { code: 'uncaught', hint: 'await the promises of a step, and catch what its callbacks throw' };

/** Tells what a command threw, and says the exit status for it. */
export function reportFailure(
  error: unknown,
  { argv, json, environment }: { argv: readonly string[]; json: boolean; environment: ProcessEnvironment },
): ExitStatus {
  const { stdout, stderr } = environment;
  const annotate = (text: () => string): void => {
    if (!json && inGithub(environment)) stdout.write(text());
  };
  const tell = (text: string, data: Readonly<Record<string, unknown>>): void => {
    if (json) stdout.write(`${JSON.stringify(data)}\n`);
    else stderr.write(text);
  };
  if (error instanceof InvalidPipeline) {
    const { diagnostics } = error;
    tell(diagnosticsText(diagnostics), { type: 'invalid-pipeline', diagnostics: diagnostics.map(diagnosticData) });
    annotate(() => diagnosticAnnotations(diagnostics, environment));
    return EXIT.invalid;
  }
  if (isExpected(error)) {
    const { code, message, hint } = error;
    tell(failureText(error), { type: 'error', code, message, ...(hint === undefined ? {} : { hint }) });
    annotate(() => failureAnnotation(error));
    return statusOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const readable = readableStack(stack);
  if (readable !== stack) {
    const uncaught = { ...UNCAUGHT, message: `user code threw what nothing caught: ${message}` };
    tell(`${failureText(uncaught)}\n${readable}\n`, { type: 'error', ...uncaught, stack: readable });
    return EXIT.failed;
  }
  tell(defectText(error, argv, environment), {
    type: 'error',
    code: 'defect',
    message,
    stack: error instanceof Error ? error.stack : undefined,
    version: packageVersion(),
  });
  return EXIT.failed;
}

/** An error of usage, from the parser of the command line. @param hint - where that suggests nothing */
export function usageError(message: string, hint: string): RequestError {
  const [first = '', ...rest] = message.replace(/^error: /u, '').split('\n');
  const suggestion = /^\((Did you mean .*)\)$/u.exec(rest.join('\n').trim())?.[1];
  return new RequestError('usage', first, suggestion === undefined ? hint : suggestion.replace('Did', 'did'));
}
