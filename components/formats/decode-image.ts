/**
 * JPEG and PNG files to raw pixels, with bounds: what other formats, truncated files and decompression bombs are
 * refused with.
 */

/** How an image is made raw. */
export interface DecodeOptions {
  /** Target size in pixels; without it the image keeps its own. */
  readonly size?: { readonly height: number; readonly width: number };
  /** How an image of another shape comes to the target size. `fill` stretches, `cover` crops, `contain` pads in black. */
  readonly fit?: 'fill' | 'cover' | 'contain';
  /** 3: RGB, 1: grey. */
  readonly channels: 1 | 3;
}

/** Pixels: height × width × channels uint8 values, row-major, channels last. */
export interface RawImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
}

/**
 * Decodes a JPEG or PNG file: turned as its EXIF orientation says, CMYK and 16 bit become 8-bit RGB, transparency is
 * dropped.
 *
 * @param name - of the file, for messages
 * @throws StepError `image-invalid` when it is no JPEG or PNG, damaged, cut short, or too large
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions, name: string): Promise<RawImage> {
  await Promise.resolve([bytes, options, name]);
  throw new Error('not yet');
}
