/**
 * Calls what a pipeline wants called once a run has ended. The run is over by then: whatever comes of a hook is told, and
 * changes neither the store nor how the run ended.
 */
import { errorMessage } from '../../artifacts/system-error.js';
import { programEndText, runProgram } from '../../components/command/program.js';
import { durationText } from '../config/duration.js';
import type { Hook } from '../config/hooks.js';
import { withSecrets } from '../config/secrets.js';
import { cutLines, type Mask } from './mask.js';
import type { ReportEvent } from './run-event.js';
import type { RunSummary } from './run-summary.js';
import { timeLimit } from './time-limit.js';

/** Lines that are kept of what a command prints. */
const KEPT_LINES = 20;

/** What hooks are called with. */
export interface HookSurroundings {
  /** Absolute folder of the pipeline file, which commands work in. */
  readonly baseDir: string;
  /** Absolute path of the store. */
  readonly root: string;
  readonly secrets: ReadonlyMap<string, string>;
  readonly mask: Mask;
  readonly report: ReportEvent;
  /** Aborts when the user wants no more of it. */
  readonly stop: AbortSignal;
}

type CommandHook = Extract<Hook, { kind: 'command' }>;
type WebhookHook = Extract<Hook, { kind: 'webhook' }>;

function filled(
  texts: Readonly<Record<string, string>>,
  secrets: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, withSecrets(text, secrets)]));
}

/** @returns what went wrong */
async function callCommand(
  { command, env }: CommandHook,
  body: string,
  signal: AbortSignal,
  lines: string[],
  { baseDir, root, secrets }: HookSurroundings,
): Promise<string | undefined> {
  const end = await runProgram({
    argv: command,
    cwd: baseDir,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', PIPELINE_ROOT: root, ...filled(env, secrets) },
    input: body,
    signal,
    line: (text) => {
      lines.push(text);
      if (lines.length > KEPT_LINES) lines.shift();
    },
  });
  return end.status === 0 ? undefined : programEndText(end);
}

/** @returns what went wrong */
async function callWebhook(
  { url, headers }: WebhookHook,
  body: string,
  signal: AbortSignal,
  { secrets }: HookSurroundings,
): Promise<string | undefined> {
  const response = await fetch(withSecrets(url, secrets), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...filled(headers, secrets) },
    body,
    // It would carry the summary and the headers to wherever the answer says.
    redirect: 'manual',
    signal,
  });
  await response.body?.cancel();
  return response.ok ? undefined : `answered with status ${String(response.status)}`;
}

/** What is told of where a hook goes: a URL may hold a token in its path. */
function targetOf(hook: Hook, secrets: ReadonlyMap<string, string>): string {
  return hook.kind === 'command' ? hook.command[0] : new URL(withSecrets(hook.url, secrets)).origin;
}

function reasonOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? errorMessage(error) : `${errorMessage(error)}: ${errorMessage(cause)}`;
}

/** Calls hooks one after the other. Never throws. */
export async function callHooks(
  hooks: readonly Hook[],
  summary: RunSummary,
  surroundings: HookSurroundings,
): Promise<void> {
  const { mask, report, secrets, stop } = surroundings;
  const body = `${JSON.stringify(summary)}\n`;
  for (const hook of hooks) {
    const started = Date.now();
    const limit = timeLimit(stop, hook.timeoutMs);
    const { signal } = limit;
    const lines: string[] = [];
    let problem: string | undefined;
    try {
      problem =
        hook.kind === 'command'
          ? await callCommand(hook, body, signal, lines, surroundings)
          : await callWebhook(hook, body, signal, surroundings);
    } catch (error) {
      problem = reasonOf(error);
    } finally {
      limit.clear();
    }
    if (problem !== undefined && stop.aborted) problem = 'it was stopped';
    else if (problem !== undefined && limit.isOver())
      problem = `it took longer than its timeout of ${durationText(hook.timeoutMs)}`;
    report({
      type: 'hook-ended',
      hook: hook.name,
      durationMs: Date.now() - started,
      ...mask({ target: targetOf(hook, secrets), problem }),
      lines: mask(lines).map(cutLines),
    });
  }
}
