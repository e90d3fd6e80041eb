import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '../../../../artifacts/digest.js';
import { download, type Patience } from '../../../../components/example-gen/download/download.js';
import type { Progress } from '../../../../components/executor.js';
import { fileServers, nobody, sendFile, sendPart, type Answer } from '../../../rig/file-server.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const startServer = fileServers();

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
const SHA256 = sha256Hex(BYTES);
const PATIENCE: Patience = { stallMs: 20_000, leastBytes: 1, attempts: 2, pauseMs: 1 };
const IMPATIENCE: Patience = { ...PATIENCE, stallMs: 60 };

interface Attempt {
  readonly cacheDir: string;
  readonly part: string;
  readonly logs: string[];
  readonly progress: Progress[];
  readonly run: (...urls: readonly string[]) => Promise<string>;
}

function attempt(options: { readonly signal?: AbortSignal; readonly patience?: Patience } = {}): Attempt {
  const cacheDir = temporaryFolder();
  const logs: string[] = [];
  const progress: Progress[] = [];
  return {
    cacheDir,
    part: join(cacheDir, 'downloads', `${SHA256}.part`),
    logs,
    progress,
    run: (...urls) =>
      download(
        { urls, bytes: BYTES.length, sha256: SHA256 },
        {
          cacheDir,
          signal: options.signal ?? new AbortController().signal,
          log: { info: (message) => logs.push(message), warn: (message) => logs.push(message) },
          progress: (update) => {
            progress.push(update);
          },
        },
        options.patience ?? PATIENCE,
      ),
  };
}

const answer =
  (status: number, headers: Record<string, string | number>, body: string | Buffer = ''): Answer =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

const head = (extra: Record<string, string | number> = {}): Record<string, string | number> => ({
  'content-type': 'application/gzip',
  ...extra,
});

describe('a download', () => {
  test('is kept under its checksum, with progress, and is not made again', async () => {
    const server = await startServer(sendFile(BYTES));
    const { run, cacheDir, progress } = attempt();
    const file = await run(server.url);
    expect(file).toBe(join(cacheDir, 'downloads', SHA256));
    expect(readFileSync(file).equals(BYTES)).toBe(true);
    expect(readdirSync(join(cacheDir, 'downloads'))).toEqual([SHA256]);
    expect(progress.at(-1)).toMatchObject({ fraction: 1, rate: { unit: 'MB' } });
    expect(await run(server.url)).toBe(file);
    expect(server.ranges).toEqual(['-']);
  });

  test('that broke goes on where it stopped', async () => {
    const server = await startServer(sendPart(BYTES, 100_000), sendFile(BYTES));
    const { run } = attempt();
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
    expect(server.ranges[0]).toBe('-');
    expect(server.ranges[1]).toMatch(/^bytes=\d+-$/u);
  });

  test('that broke in an earlier run goes on where it stopped', async () => {
    const server = await startServer(sendFile(BYTES));
    const { run, part } = attempt();
    mkdirSync(join(part, '..'));
    writeFileSync(part, BYTES.subarray(0, 1234));
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
    expect(server.ranges).toEqual(['bytes=1234-']);
    expect(existsSync(part)).toBe(false);
  });

  test('starts over when the server knows no ranges', async () => {
    const server = await startServer(answer(200, head(), BYTES));
    const { run, part } = attempt();
    mkdirSync(join(part, '..'));
    writeFileSync(part, BYTES.subarray(0, 1234));
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
  });

  test('starts over when what was there is not the beginning of it', async () => {
    const server = await startServer(sendFile(BYTES));
    const { run, part, logs } = attempt();
    mkdirSync(join(part, '..'));
    writeFileSync(part, Buffer.alloc(1234));
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
    expect(server.ranges).toEqual(['bytes=1234-', '-']);
    expect(logs.join()).toContain('starts over');
  });

  test('is kept under no name that the server gives', async () => {
    const named = head({ 'content-disposition': 'attachment; filename="../../../evil"' });
    const server = await startServer(answer(302, { location: '/../../evil' }), answer(200, named, BYTES));
    const { run, cacheDir } = attempt();
    expect(await run(server.url)).toBe(join(cacheDir, 'downloads', SHA256));
    expect(readdirSync(join(cacheDir, 'downloads'))).toEqual([SHA256]);
  });

  test('is made again when the cached file is damaged', async () => {
    const server = await startServer(sendFile(BYTES));
    const { run } = attempt();
    const file = await run(server.url);
    writeFileSync(file, Buffer.alloc(BYTES.length));
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
  });

  test('takes the next mirror when one fails', async () => {
    const bad = await startServer(answer(404, {}));
    const good = await startServer(sendFile(BYTES));
    const { run } = attempt();
    expect(readFileSync(await run(await nobody(), bad.url, good.url)).equals(BYTES)).toBe(true);
  });

  test('tries again when the server is busy, but not for ever', async () => {
    const server = await startServer(answer(503, {}), sendFile(BYTES));
    const { run } = attempt();
    expect(readFileSync(await run(server.url)).equals(BYTES)).toBe(true);
    const busy = await startServer(answer(503, {}));
    await expect(attempt().run(busy.url)).rejects.toThrow('the server answers 503');
    expect(busy.ranges.length).toBe(2);
  });

  test('without any server says what to do', async () => {
    const url = await nobody();
    const failure = attempt().run(url);
    await expect(failure).rejects.toMatchObject({ code: 'download-offline' });
    await expect(failure).rejects.toMatchObject({
      hint: `get ${url} by other means, and name the archive or its unpacked folder with --set source=FILE_OR_DIR`,
    });
    await expect(failure).rejects.toThrow('the data cannot be downloaded: no server can be reached');
  });

  const other = Buffer.alloc(BYTES.length, 1);
  test.each<[string, Answer, string]>([
    ['a missing file', answer(404, {}), 'the server answers 404'],
    ['a page instead', answer(200, { 'content-type': 'text/html; charset=utf-8' }, '<html>'), 'sends a page'],
    ['another length', answer(200, head({ 'content-length': 5 }), 'short'), 'the server has 5 bytes, not 300000'],
    ['another encoding', answer(200, head({ 'content-encoding': 'gzip' }), 'x'), 'in another encoding, gzip'],
    ['other content', answer(200, head(), other), 'the checksum is wrong'],
    ['nothing', answer(204, {}), 'the server answers 204'],
    [
      'a range that was not asked for',
      answer(206, head({ 'content-range': 'bytes 5-9/300000' }), 'x'),
      'another range',
    ],
    ['a redirect to a file', answer(302, { location: 'file:///etc/passwd' }), 'redirects to file:'],
    ['a redirect to nothing', answer(302, { location: 'http://[' }), 'redirects to what is no address'],
    ['redirects without end', answer(302, { location: '/again' }), 'redirects more than 5 times'],
    ['a cut body', answer(200, head(), BYTES.subarray(0, 0)), 'the connection ended after 0 of 300000 bytes'],
  ])('is refused: %s', async (_, reply, message) => {
    const server = await startServer(reply);
    const { run, cacheDir } = attempt();
    const failure = run(server.url);
    await expect(failure).rejects.toMatchObject({ code: 'download-failed' });
    await expect(failure).rejects.toThrow(message);
    expect(readdirSync(join(cacheDir, 'downloads')).filter((name) => !name.endsWith('.part'))).toEqual([]);
  });

  test('is refused: a body without end', async () => {
    const endless: Answer = (request, response) => {
      response.writeHead(200, head());
      const more = (): void => {
        if (!response.destroyed && response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      request.on('close', () => response.destroy());
      more();
    };
    const server = await startServer(endless);
    await expect(attempt().run(server.url)).rejects.toThrow('the server sends more than 300000 bytes');
  });

  test('ends a connection that stalls', async () => {
    const silent: Answer = (_, response) => {
      response.writeHead(200, head({ 'content-length': BYTES.length }));
      response.write(BYTES.subarray(0, 10));
    };
    const server = await startServer(silent);
    await expect(attempt({ patience: IMPATIENCE }).run(server.url)).rejects.toThrow('the server stalls');
  });

  test('does not listen for ever to a server that sends a byte now and then', async () => {
    const trickle: Answer = (request, response) => {
      const [, start = '0'] = /^bytes=(\d+)-$/u.exec(request.headers.range ?? '') ?? [];
      const range = `bytes ${start}-${String(BYTES.length - 1)}/${String(BYTES.length)}`;
      response.writeHead(start === '0' ? 200 : 206, head(start === '0' ? {} : { 'content-range': range }));
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    };
    const server = await startServer(trickle);
    const { run } = attempt({ patience: { ...IMPATIENCE, stallMs: 300, leastBytes: 1000 } });
    await expect(run(server.url)).rejects.toThrow('the server stalls');
    expect(server.ranges.length).toBeLessThanOrEqual(2);
  });

  test('ends a connection that never answers', async () => {
    const server = await startServer(() => undefined);
    await expect(attempt({ patience: IMPATIENCE }).run(server.url)).rejects.toThrow('the server stalls');
  });

  test('stops when it is aborted, and keeps what came', async () => {
    const controller = new AbortController();
    const half: Answer = (_, response) => {
      response.writeHead(200, head({ 'content-length': BYTES.length }));
      response.write(BYTES.subarray(0, 1000), () => {
        controller.abort(new Error('canceled'));
      });
    };
    const server = await startServer(half);
    const { run, cacheDir } = attempt({ signal: controller.signal });
    await expect(run(server.url)).rejects.toThrow('canceled');
    expect(readdirSync(join(cacheDir, 'downloads')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  test('is made once when two want it at once', async () => {
    const server = await startServer(sendFile(BYTES));
    const { run } = attempt();
    const [a, b] = await Promise.all([run(server.url), run(server.url)]);
    expect(a).toBe(b);
    expect(server.ranges).toEqual(['-']);
  });
});
