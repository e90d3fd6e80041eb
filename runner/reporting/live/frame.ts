/**
 * Draws a run at one moment as lines for a terminal: a pure function of the view, the size and the time.
 */
import type { Progress } from '../../../components/executor.js';
import { cut, displayWidth, firstLine, pad, plainLine } from '../text/plain-text.js';
import { counted, duration, rateText } from '../text/quantities.js';
import type { NodeView, RunView } from '../run-view.js';
import { MARKS, paintState, type NodeState, type Style } from '../text/style.js';

/** The room there is. */
export interface FrameSize {
  readonly columns: number;
  /** Lines that the frame may have; Infinity for all nodes. */
  readonly rows: number;
}

/** Widest that the column of names gets. */
const WIDEST_NAME = 32;

/** Columns for the duration of a step: `59m 59s`. */
const TIME_WIDTH = 7;

/** Rows kept for what comes next, where not all nodes have room. */
const NEXT_ROWS = 3;

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Milliseconds that a picture of the spinner stands. */
const SPINNER_MS = 100;

function bar(fraction: number, width: number, style: Style): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return style.active('█'.repeat(filled)) + style.dim('░'.repeat(width - filled));
}

/** What is going on in a running step, in the longest form that fits. */
function progressText(progress: Progress, columns: number, style: Style): string {
  const { fraction, rate, etaSeconds } = progress;
  const message = plainLine(progress.message);
  const percent = fraction === undefined ? '' : `${String(Math.floor(Math.min(1, Math.max(0, fraction)) * 100))}%`;
  const eta = etaSeconds === undefined ? '' : `${duration(etaSeconds * 1000)} to go`;
  const barText =
    fraction === undefined ? '' : bar(fraction, Math.max(10, Math.min(24, Math.floor(columns / 4))), style);
  const speed = rate === undefined ? '' : plainLine(rateText(rate));
  const forms = [
    [barText, pad(percent, 4, 'right'), message, speed, eta],
    [percent, message, speed, eta],
    [percent, message, eta],
    [percent, message],
  ].map((parts) => parts.filter((part) => part.trim() !== '').join('  '));
  return forms.find((form) => displayWidth(form) <= columns) ?? cut([percent, message].join(' ').trim(), columns);
}

function detail(node: NodeView, columns: number, style: Style): string {
  const plain = (text: string): string => cut(plainLine(text), columns);
  switch (node.state) {
    case 'running':
      if (node.progress !== undefined) return progressText(node.progress, columns, style);
      return style.dim(plain(node.attempt > 1 ? `attempt ${String(node.attempt)}` : node.component));
    case 'cached':
      return style.dim(plain(`cached, ${node.from}${node.savedMs > 0 ? `, saved ${duration(node.savedMs)}` : ''}`));
    case 'failed':
      return style.bad(cut(firstLine(node.failure?.message ?? ''), columns));
    case 'canceled':
      return style.warn(plain('stopped'));
    case 'skipped':
      return style.dim(plain(`skipped: ${node.because}`));
    case 'abandoned':
      return style.dim(plain(`not run: ${node.because}`));
    case 'complete':
    case 'waiting':
      return '';
  }
}

function nodeLine(node: NodeView, nameWidth: number, columns: number, now: number, style: Style): string {
  const { state } = node;
  const paint = paintState(style, state);
  const spinner = SPINNER[Math.floor(now / SPINNER_MS) % SPINNER.length] ?? '';
  const mark = paint(state === 'running' ? spinner : MARKS[state]);
  const since = state === 'running' && node.startedAt !== undefined ? now - node.startedAt : undefined;
  const time = pad(duration(node.durationMs ?? since ?? NaN), TIME_WIDTH, 'right');
  const shown = node.durationMs === undefined && since === undefined ? ' '.repeat(TIME_WIDTH) : time;
  const name = pad(cut(plainLine(node.name), nameWidth), nameWidth);
  const room = columns - nameWidth - TIME_WIDTH - 6;
  return `${mark} ${state === 'waiting' ? style.dim(name) : name}  ${shown}  ${room > 0 ? detail(node, room, style) : ''}`.trimEnd();
}

/** The nodes to show where not all have room: what runs and what failed, the latest to finish, and what comes next. */
function selectNodes(nodes: readonly NodeView[], room: number): readonly NodeView[] {
  if (nodes.length <= room) return nodes;
  const isIn = (states: readonly NodeState[]) => (node: NodeView) => states.includes(node.state);
  const byLatest = (a: NodeView, b: NodeView): number => b.changed - a.changed;
  const running = nodes.filter(isIn(['running'])).slice(0, room);
  const failed = nodes.filter(isIn(['failed', 'canceled'])).toSorted(byLatest);
  const waiting = nodes.filter(isIn(['waiting']));
  const finished = nodes.filter(isIn(['complete', 'cached', 'skipped', 'abandoned'])).toSorted(byLatest);
  const chosen = new Set<NodeView>(running);
  const take = (from: readonly NodeView[], limit: number): void => {
    for (const node of from.slice(0, Math.max(0, limit))) if (chosen.size < room) chosen.add(node);
  };
  take(failed, room);
  take(waiting, NEXT_ROWS);
  take(finished, room);
  take(waiting, room);
  return nodes.filter((node) => chosen.has(node));
}

function footer(view: RunView, hidden: number, style: Style): string {
  const counts = view.counts();
  const done = counts.complete + counts.cached;
  const parts = [
    `${String(done)} of ${String(view.nodes.size)} done${counts.cached > 0 ? ` (${String(counts.cached)} cached)` : ''}`,
    counts.running > 0 ? `${String(counts.running)} running` : '',
    counts.failed > 0 ? style.bad(`${String(counts.failed)} failed`) : '',
    counts.skipped > 0 ? `${String(counts.skipped)} skipped` : '',
    counts.abandoned > 0 ? `${String(counts.abandoned)} not run` : '',
    hidden > 0 ? `${counted(hidden, 'node')} not shown` : '',
    view.stopping === 'gently' && counts.running > 0 ? style.warn('stopping; Ctrl-C again ends at once') : '',
    view.stopping === 'at once' && counts.running > 0 ? style.warn('ending at once') : '',
  ];
  return parts.filter((part) => part !== '').join(style.dim(' · '));
}

/**
 * The lines of a frame, none longer than the columns.
 *
 * @param now - milliseconds since 1970
 */
export function frameLines(view: RunView, { columns, rows }: FrameSize, now: number, style: Style): readonly string[] {
  const nodes = [...view.nodes.values()];
  const shown = selectNodes(nodes, Math.max(1, rows - 2));
  const longest = shown.reduce((widest, { name }) => Math.max(widest, displayWidth(plainLine(name))), 4);
  const nameWidth = Math.max(4, Math.min(longest, WIDEST_NAME, columns - TIME_WIDTH - 6));
  const elapsed = duration(view.durationMs ?? now - view.startedAt);
  const title = cut(`${plainLine(view.pipeline)}, run ${String(view.run)}, ${elapsed}`, columns);
  return [
    style.strong(title),
    ...shown.map((node) => cutPainted(nodeLine(node, nameWidth, columns, now, style), columns)),
    cutPainted(footer(view, nodes.length - shown.length, style), columns),
  ];
}

/** A painted line that fits, else its plain text cut. */
function cutPainted(line: string, columns: number): string {
  return displayWidth(line) <= columns ? line : cut(plainLine(line), columns);
}
