import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { StepError } from '../../../components/executor.js';
import { decodeImage, imageSize, looksLikeImage } from '../../../components/formats/decode-image.js';

/** Two rows of three pixels, all different. */
const PIXELS = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 200, 200, 200, 0, 0, 0]);
const picture = (): Sharp => sharp(PIXELS, { raw: { width: 3, height: 2, channels: 3 } });

/** A flat colour, which JPEG keeps but for rounding. */
const flat = (height: number, width: number, color: { r: number; g: number; b: number }): Sharp =>
  sharp({ create: { height, width, channels: 3, background: color } });

async function decode(
  bytes: Uint8Array,
  options: Parameters<typeof decodeImage>[1] = { channels: 3 },
): Promise<number[]> {
  return [...(await decodeImage(bytes, options, 'it')).pixels];
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A PNG put together by hand. */
function png(width: number, height: number, rows: Uint8Array, bitDepth = 8, colorType = 2): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colorType], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('an image', () => {
  test('in PNG comes out as it went in', async () => {
    const bytes = await picture().png().toBuffer();
    const { height, width, channels, pixels } = await decodeImage(bytes, { channels: 3 }, 'it');
    expect([height, width, channels]).toEqual([2, 3, 3]);
    expect([...pixels]).toEqual([...PIXELS]);
    expect(await imageSize(bytes, 'it')).toEqual({ height: 2, width: 3 });
  });

  test('in JPEG comes out as it went in, but for rounding', async () => {
    const pixels = await decode(await flat(8, 8, { r: 200, g: 100, b: 50 }).jpeg({ quality: 100 }).toBuffer());
    for (let index = 0; index < pixels.length; index += 3) {
      expect(Math.abs((pixels[index] ?? 0) - 200)).toBeLessThanOrEqual(2);
      expect(Math.abs((pixels[index + 1] ?? 0) - 100)).toBeLessThanOrEqual(2);
    }
  });

  test('is turned as its EXIF orientation says', async () => {
    // 6: the first row is on the right.
    const bytes = await picture().png().withMetadata({ orientation: 6 }).toBuffer();
    expect(await imageSize(bytes, 'it')).toEqual({ height: 3, width: 2 });
    const at = (pixel: number): number[] => [...PIXELS.subarray(pixel * 3, pixel * 3 + 3)];
    expect(await decode(bytes)).toEqual([at(3), at(0), at(4), at(1), at(5), at(2)].flat());
  });

  test('of 16 bit becomes 8 bit, palettes become RGB, and transparency is dropped', async () => {
    const deep = png(1, 1, Uint8Array.of(0, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00), 16);
    expect(await decode(deep)).toEqual([255, 128, 0]);
    const palette = await picture().png({ palette: true }).toBuffer();
    expect((await decode(palette)).length).toBe(18);
    const clear = await sharp(Uint8Array.of(9, 8, 7, 0), { raw: { width: 1, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect(await decode(clear)).toEqual([9, 8, 7]);
  });

  test('in CMYK becomes RGB', async () => {
    const bytes = await flat(4, 4, { r: 0, g: 0, b: 0 }).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const pixels = await decode(bytes);
    expect(pixels.length).toBe(48);
    expect(Math.max(...pixels)).toBeLessThan(80);
  });

  test('becomes grey or coloured as asked', async () => {
    const grey = await sharp(Uint8Array.of(0, 128), { raw: { width: 2, height: 1, channels: 1 } })
      .png()
      .toBuffer();
    expect(await decode(grey, { channels: 1 })).toEqual([0, 128]);
    expect(await decode(grey)).toEqual([0, 0, 0, 128, 128, 128]);
    const white = await flat(1, 1, { r: 255, g: 255, b: 255 }).png().toBuffer();
    expect(await decode(white, { channels: 1 })).toEqual([255]);
  });

  test.each(['fill', 'cover', 'contain'] as const)('comes to a size by %s', async (fit) => {
    const bytes = await flat(2, 4, { r: 255, g: 255, b: 255 }).png().toBuffer();
    const { height, width, pixels } = await decodeImage(
      bytes,
      { channels: 3, size: { height: 4, width: 4 }, fit },
      'it',
    );
    expect([height, width]).toEqual([4, 4]);
    expect(pixels[0]).toBe(fit === 'contain' ? 0 : 255);
    expect(pixels[3 * (4 * 2)]).toBe(255);
  });

  test('that moves gives its first picture', async () => {
    const still = await picture().png().toBuffer();
    const control = (sequence: number): Buffer => {
      const data = Buffer.alloc(26);
      data.writeUInt32BE(sequence);
      data.writeUInt32BE(still.readUInt32BE(16), 4);
      data.writeUInt32BE(still.readUInt32BE(20), 8);
      return chunk('fcTL', data);
    };
    // APNG: what says that there are two pictures, and the second one, before the end (PNG, third edition, 11.3.6).
    const [head, rest, end] = [still.subarray(0, 33), still.subarray(33, -12), still.subarray(-12)];
    const second = chunk('fdAT', Buffer.concat([Buffer.of(0, 0, 0, 2), deflateSync(Buffer.alloc(1000))]));
    const count = chunk('acTL', Buffer.of(0, 0, 0, 2, 0, 0, 0, 0));
    const moving = Buffer.concat([head, count, control(0), rest, control(1), second, end]);
    expect(await decode(moving)).toEqual(await decode(still));
  });

  test('that is cut short is refused', async () => {
    const big = sharp(Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * 7919) % 256)), {
      raw: { width: 100, height: 100, channels: 3 },
    });
    for (const bytes of [await big.clone().jpeg().toBuffer(), await big.clone().png().toBuffer()]) {
      const cut = bytes.subarray(0, bytes.length >> 1);
      await expect(decode(cut)).rejects.toMatchObject({ code: 'image-invalid' });
    }
  });

  test('that would fill the memory is refused by its header', async () => {
    const bomb = png(100_000, 100_000, Buffer.alloc(100));
    await expect(decode(bomb)).rejects.toMatchObject({ code: 'image-invalid' });
    await expect(imageSize(bomb, 'it')).rejects.toMatchObject({ code: 'image-invalid' });
  });

  test('in another format never reaches the image library', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    const gif = await picture().gif().toBuffer();
    for (const bytes of [svg, gif, Buffer.alloc(0), Buffer.from('GIF89a')]) {
      expect(looksLikeImage(bytes)).toBe(false);
      await expect(decode(bytes)).rejects.toThrow('it is neither a JPEG nor a PNG file');
    }
  });

  test('of arbitrary bytes is refused, never a crash', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const file = await picture().png().toBuffer();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(jpeg, file),
        fc.nat(),
        fc.uint8Array({ maxLength: 30 }),
        async (good, at, noise) => {
          const bytes = Buffer.from(good);
          bytes.set(noise.subarray(0, Math.max(0, bytes.length - (at % bytes.length))), at % bytes.length);
          await decodeImage(bytes, { channels: 3 }, 'it').catch((error: unknown) => {
            expect(error).toBeInstanceOf(StepError);
          });
        },
      ),
      { numRuns: 150 },
    );
  });
});
