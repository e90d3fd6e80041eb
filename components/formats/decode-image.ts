/**
 * JPEG and PNG files to raw pixels, within bounds: other formats, truncated files and decompression bombs are refused.
 */
import sharp, { type Sharp } from 'sharp';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';

/** Pixels that an image may have: above all cameras, below what a bomb of a few kilobytes asks for. */
export const MAX_IMAGE_PIXELS = 2 ** 26;

/** Height or width that an image may have, as JPEG has it: single rows and columns of millions take gigabytes to decode. */
const MAX_IMAGE_SIDE = 65_500;

/** A size in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** How an image of another shape comes to a size. `fill` stretches, `cover` crops, `contain` pads in black. */
export type Fit = 'fill' | 'cover' | 'contain';

/** How an image is made raw. */
export interface DecodeOptions {
  /** Without it the image keeps its own size. */
  readonly size?: ImageSize | undefined;
  /** Defaults to `fill`. */
  readonly fit?: Fit;
  /** 3: RGB, 1: grey. */
  readonly channels: 1 | 3;
}

/** Pixels: height × width × channels uint8 values, row-major, channels last. */
export interface RawImage extends ImageSize {
  readonly channels: number;
  readonly pixels: Uint8Array;
}

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin as a JPEG or PNG file does. Other formats never reach the image library. */
export function looksLikeImage(head: Uint8Array): boolean {
  return [JPEG, PNG].some((magic) => magic.every((byte, index) => head[index] === byte));
}

/** The longer side of a PNG file as its header says (PNG, 11.2.2); 0 for anything else. */
function pngSide(bytes: Uint8Array): number {
  if (bytes[0] !== PNG[0] || bytes.length < 24) return 0;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 24);
  return Math.max(header.getUint32(16), header.getUint32(20));
}

function open(bytes: Uint8Array, name: string): Sharp {
  if (!looksLikeImage(bytes)) {
    throw new StepError('image-invalid', `${name} is neither a JPEG nor a PNG file`, 'convert or remove it');
  }
  const side = pngSide(bytes);
  if (side > MAX_IMAGE_SIDE) {
    throw new StepError(
      'image-invalid',
      `${name} has ${String(side)} pixels in a row or column, more than ${String(MAX_IMAGE_SIDE)}`,
      'make it smaller, or remove it',
    );
  }
  // Colour profiles are ignored, as TensorFlow does: a model gets the same pixels here and where it is served.
  return sharp(bytes, { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'warning', ignoreIcc: true, sequentialRead: true });
}

function invalid(error: unknown, name: string): StepError {
  // The image library answers in several lines, the first of which says it.
  const [why = ''] = errorMessage(error).split('\n');
  return new StepError('image-invalid', `${name} cannot be decoded: ${why}`, 'repair or remove it');
}

/**
 * The size of a JPEG or PNG file, turned as its EXIF orientation says; reads its header only.
 *
 * @param name - of the file, for messages
 * @throws StepError `image-invalid` when it is no JPEG or PNG, or too large
 */
export async function imageSize(bytes: Uint8Array, name: string): Promise<ImageSize> {
  const image = open(bytes, name);
  const { autoOrient } = await image.metadata().catch((error: unknown) => {
    throw invalid(error, name);
  });
  if (autoOrient.height * autoOrient.width > MAX_IMAGE_PIXELS) throw invalid('it has too many pixels', name);
  return { height: autoOrient.height, width: autoOrient.width };
}

/**
 * Decodes a JPEG or PNG file: turned as its EXIF orientation says, CMYK and 16 bit become 8-bit RGB, transparency is
 * dropped.
 *
 * @param name - of the file, for messages
 * @throws StepError `image-invalid` when it is no JPEG or PNG, damaged, cut short, or too large
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions, name: string): Promise<RawImage> {
  let image = open(bytes, name)
    .autoOrient()
    .toColourspace(options.channels === 1 ? 'b-w' : 'srgb')
    .removeAlpha();
  if (options.size !== undefined) {
    const { height, width } = options.size;
    image = image.resize({ height, width, fit: options.fit ?? 'fill', background: '#000', kernel: 'linear' });
  }
  const { data, info } = await image
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw invalid(error, name);
    });
  if (info.channels !== options.channels) {
    throw new StepError('image-invalid', `${name} has ${String(info.channels)} channels after decoding`, 'convert it');
  }
  return { height: info.height, width: info.width, channels: info.channels, pixels: data };
}
