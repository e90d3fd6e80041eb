/**
 * Data files that ask for more than they hold, or are not what they seem.
 */
import { createWriteStream, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOfPath } from '../../artifacts/digest.js';
import { requestFollowing } from '../../components/example-gen/download/redirects.js';
import { requestFile } from '../../components/example-gen/download/request.js';
import { openCsv } from '../../components/example-gen/sources/csv-source.js';
import { openImages } from '../../components/example-gen/sources/images-source.js';
import type { StepError } from '../../components/executor.js';
import { readChunks } from '../../components/formats/byte-stream.js';
import { readCsvRows } from '../../components/formats/csv.js';
import { decodeImage, imageSize } from '../../components/formats/decode-image.js';
import { encodeIdx, openIdx } from '../../components/formats/idx.js';
import { generate } from '../components/example-gen/generate.js';
import { fileServers } from '../rig/file-server.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const startServer = fileServers();

function written(bytes: Uint8Array): string {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, bytes);
  return file;
}

async function exhaust(items: AsyncIterable<unknown> | undefined): Promise<number> {
  let count = 0;
  if (items === undefined) return 0;
  for await (const item of items) count += item === undefined ? 0 : 1;
  return count;
}

describe('IDX', () => {
  const header = (type: number, ...sizes: readonly number[]): Buffer => {
    const head = Buffer.alloc(4 + 4 * sizes.length);
    head[2] = type;
    head[3] = sizes.length;
    sizes.forEach((size, axis) => head.writeUInt32BE(size, 4 + 4 * axis));
    return head;
  };
  const refusal = async (bytes: Uint8Array): Promise<string> =>
    openIdx(written(bytes), [1, 3]).then(
      (opened) =>
        exhaust(opened.items()).then(
          () => 'read',
          (error: unknown) => (error as StepError).message,
        ),
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'idx-invalid' });
        return (error as StepError).message;
      },
    );

  test.each([
    ['nothing', Buffer.alloc(0), 'does not begin with the magic number'],
    ['another magic number', Buffer.from('PK\u0003\u0004'), 'does not begin with the magic number'],
    ['values that are no bytes', header(0x0d, 1), 'of type 0xd'],
    ['another number of dimensions', header(8, 1, 1), 'it has 2 dimensions'],
    ['a cut header', header(8, 1, 1, 1).subarray(0, 9), 'its header is cut short'],
    ['no items', header(8, 0), 'it is empty'],
    ['items without pixels', header(8, 5, 0, 3), 'it is empty'],
    ['sizes whose product is beyond any disk', header(8, 0xffffffff, 0xffffffff, 0xffffffff), 'its header says'],
    ['an item that would fill the memory', header(8, 1, 2 ** 20, 2 ** 20), 'an item has 1099511627776 bytes'],
    ['fewer items than its header says', header(8, 3), 'ends in item 0'],
    ['more items than its header says', Buffer.concat([header(8, 1), Buffer.from('ab')]), 'goes on after the 1 items'],
  ])('of %s is refused', async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message);
    expect(await refusal(gzipSync(bytes))).toContain(message);
  });

  test('of any bytes and any header is read or refused', async () => {
    const good = encodeIdx([2, 2, 2], Uint8Array.from({ length: 8 }));
    expect(await refusal(good)).toBe('read');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        const damaged = Buffer.from(good);
        damaged[at] = value;
        expect(typeof (await refusal(damaged))).toBe('string');
      }),
      { numRuns: 100 },
    );
  });
});

describe('images', () => {
  const png = (width: number, height: number): Buffer => {
    const bytes = Buffer.alloc(57);
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    bytes[24] = 8;
    return bytes;
  };
  test.each([
    [100_000, 100_000],
    [2 ** 26, 1],
    [1, 2 ** 26],
    [0, 0],
  ])('of %i × %i pixels are refused by their header', async (width, height) => {
    const bytes = png(width, height);
    await expect(imageSize(bytes, 'x.png')).rejects.toMatchObject({ code: 'image-invalid' });
    await expect(decodeImage(bytes, { channels: 3 }, 'x.png')).rejects.toMatchObject({ code: 'image-invalid' });
  });

  test('in JPEG beyond what the format allows are refused', async () => {
    const bytes = Buffer.from('ffd8ffc0001108ffffffff03011100021101031101ffda000c03010002110311003f00', 'hex');
    await expect(decodeImage(bytes, { channels: 3 }, 'x.jpg')).rejects.toMatchObject({ code: 'image-invalid' });
  });

  test('of no bytes are refused', async () => {
    await expect(imageSize(new Uint8Array(0), 'x.png')).rejects.toThrow('neither a JPEG nor a PNG');
  });
});

describe('CSV', () => {
  test('a quote that is never closed does not fill the memory', async () => {
    const file = join(temporaryFolder(), 'open.csv.gz');
    const packer = createGzip();
    const output = createWriteStream(file);
    packer.pipe(output);
    packer.write('a,b\n1,"');
    for (let block = 0; block < 20; block++) if (!packer.write(Buffer.alloc(1 << 20, 'x'))) await once(packer, 'drain');
    packer.end();
    await once(output, 'close');
    await expect(exhaust(readCsvRows(file, ','))).rejects.toMatchObject({ code: 'csv-invalid' });
  });

  test('of very many columns is refused', async () => {
    const file = written(Buffer.from(`${','.repeat(20_000)}\n`));
    await expect(exhaust(readCsvRows(file, ','))).rejects.toThrow('more than 10000 columns');
  });
});

test('a file that changes while it is read is refused', async () => {
  const file = written(Buffer.alloc(3 << 20));
  const reading = async (): Promise<void> => {
    for await (const chunk of readChunks(file)) {
      if (chunk.length > 0) writeFileSync(file, Buffer.alloc(4 << 20, 1));
    }
  };
  await expect(reading()).rejects.toMatchObject({ code: 'file-changed' });
});

describe('what is there when a source is opened', () => {
  const context = {
    resolve: (path: string): string => path,
    classes: undefined,
    cacheDir: '',
    tempDir: '',
    signal: new AbortController().signal,
    log: { info: () => undefined, warn: () => undefined },
    progress: () => undefined,
  };

  test.each<[string, (file: string) => void, string]>([
    [
      'is gone',
      (file) => {
        rmSync(file);
      },
      'file-missing',
    ],
    [
      'is a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
      'file-wrong-kind',
    ],
    [
      'has other content',
      (file) => {
        writeFileSync(file, 'GIF89a');
      },
      'image-invalid',
    ],
  ])('and %s when it is read, is told', async (_, change, code) => {
    const folder = temporaryFolder();
    const file = join(folder, 'cat', 'a.png');
    mkdirSync(join(folder, 'cat'));
    writeFileSync(file, '');
    const size = { height: 1, width: 1 };
    const source = await openImages(
      { folders: new Map([[undefined, folder]]), channels: 3, size, fit: 'fill' },
      context,
    );
    change(file);
    await expect(exhaust(source.inputs[0]?.read())).rejects.toMatchObject({ code });
  });

  test.each<[string, (file: string) => void, string]>([
    [
      'is gone',
      (file) => {
        rmSync(file);
      },
      'file-missing',
    ],
    [
      'has fewer columns',
      (file) => {
        writeFileSync(file, 'a\n1\n');
      },
      'value-missing',
    ],
    [
      'has text among its numbers',
      (file) => {
        writeFileSync(file, 'a,b\n1,x\n');
      },
      'csv-invalid',
    ],
  ])('and %s when it is read again, is told: a table', async (_, change, code) => {
    const file = join(temporaryFolder(), 't.csv');
    writeFileSync(file, 'a,b\n1,2\n');
    const source = await openCsv(
      { paths: new Map([[undefined, file]]), delimiter: ',', label: undefined, types: undefined },
      context,
    );
    change(file);
    await expect(exhaust(source.inputs[0]?.read())).rejects.toMatchObject({ code });
  });
});

test('splits may have names that objects have anyway', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => `${String(index)}\n`).join('');
  const params = { source: { csv: { path: 't.csv' } }, split: { toString: 1, constructor: 1 } };
  const { info, columns } = await generate(temporaryFolder(), params, { 't.csv': `n\n${rows}` });
  expect(Object.keys(info.splits).sort()).toEqual(['constructor', 'toString']);
  expect(Object.keys(await columns('toString'))).toEqual(['n']);
});

describe('folders', () => {
  test('that link to each other in circles are refused', async () => {
    const folder = temporaryFolder();
    symlinkSync('.', join(folder, 'a'));
    symlinkSync('.', join(folder, 'b'));
    await expect(digestOfPath(folder)).rejects.toMatchObject({ code: 'too-deep' });
  });

  test('whose links multiply to more paths than a disk has bytes are refused', async () => {
    const folder = temporaryFolder();
    for (let level = 0; level < 40; level++) {
      const here = join(folder, `level${String(level)}`);
      mkdirSync(here);
      for (const name of ['a', 'b']) {
        if (level < 39) symlinkSync(`../level${String(level + 1)}`, join(here, name));
        else writeFileSync(join(here, name), '');
      }
    }
    await expect(digestOfPath(folder)).rejects.toMatchObject({ code: 'too-many-links' });
  });
});

describe('a redirect', () => {
  const PUBLIC = '93.184.216.34';

  /** Where a download ends that is redirected once, or why it does not; hosts have these addresses, by name. */
  const fault = async (
    from: string,
    to: string,
    addresses: (host: string) => readonly string[] = () => [PUBLIC],
  ): Promise<string> => {
    const answers = (url: URL): Partial<IncomingMessage> =>
      url.href === new URL(from).href
        ? { statusCode: 302, headers: { location: to }, destroy: () => undefined as never }
        : { statusCode: 200, headers: {} };
    const { signal } = new AbortController();
    try {
      await requestFollowing({ url: new URL(from), headers: {}, signal }, ({ url, judge }) => {
        const host = url.hostname.replace(/^\[|\]$/gu, '');
        judge(isIP(host) === 0 ? addresses(host) : [host]);
        return Promise.resolve(answers(url) as IncomingMessage);
      });
      return 'followed';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('to another public address is followed', async () => {
    expect(await fault('https://a.example/x', 'https://b.example/y')).toBe('followed');
    expect(await fault('https://a.example/x', 'https://[2606:2800:220:1::1]/y')).toBe('followed');
  });

  test.each(['file:///etc/passwd', 'ftp://a.example/', 'data:,x'])('to %s is refused', async (to) => {
    expect(await fault('https://a.example/x', to)).toContain('not to a web address');
  });

  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('from a public address to %s is refused', async (to) => {
    expect(await fault('https://a.example/x', to)).toContain('in a private network');
  });

  test('to a name that has a private address among others is refused', async () => {
    const inside = (host: string): readonly string[] => (host === 'inside.example' ? [PUBLIC, '10.0.0.1'] : [PUBLIC]);
    expect(await fault('https://a.example/', 'https://inside.example/', inside)).toContain('in a private network');
  });

  test('of a host that has moved inside meanwhile does not count as one from there', async () => {
    const answers = [[PUBLIC], ['10.0.0.1']];
    const moving = (): readonly string[] => answers.shift() ?? [];
    expect(await fault('https://a.example/x', 'https://a.example/y', moving)).toContain('in a private network');
  });

  test('within the private network is followed', async () => {
    expect(await fault('http://10.0.0.1/x', 'http://10.0.0.2/x')).toBe('followed');
  });
});

describe('a request for a file', () => {
  const signal = new AbortController().signal;

  test('goes to the address that was judged, however often its name is looked up', async () => {
    const server = await startServer((_, response) => response.end('here'));
    const url = new URL(server.url.replace('127.0.0.1', 'moving.example'));
    const addresses = ['127.0.0.1', '192.0.2.1'];
    const judged: (readonly string[])[] = [];
    const response = await requestFile({
      ...{ url, headers: {}, signal },
      judge: (given) => judged.push(given),
      resolve: (_host, _options, callback) => {
        callback(null, [{ address: addresses.shift() ?? '', family: 4 }]);
      },
    });
    expect([await text(response), judged, addresses]).toEqual(['here', [['127.0.0.1']], ['192.0.2.1']]);
  });

  test.each(['127.0.0.1', 'inside.example'])('to %s is not made where it must not be', async (host) => {
    const server = await startServer((_, response) => response.end('here'));
    const asked = requestFile({
      ...{ url: new URL(server.url.replace('127.0.0.1', host)), headers: {}, signal },
      judge: ([address]) => {
        throw new Error(`${String(address)} is inside`);
      },
      resolve: (_host, _options, callback) => {
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    await expect(asked).rejects.toThrow('127.0.0.1 is inside');
    expect(server.ranges).toEqual([]);
  });
});
