/**
 * A column of encoded images as raw pixels, example by example.
 */
import { decodeImage } from '../decode-image.js';
import type { TransformStep } from '../transform/transform-steps.js';

/** Images decoded at once: enough for the threads of the image library, little for the memory. */
const AT_ONCE = 8;

/**
 * Decodes images in order.
 *
 * @param where - of the column, for messages: `feature 'image' of split 'train'`
 * @returns height × width × channels values each
 * @throws StepError `image-invalid` that names the example
 */
export async function* decodeColumn(
  images: readonly Uint8Array[],
  { height, width, channels, fit }: Extract<TransformStep, { op: 'decode' }>,
  where: string,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < images.length; start += AT_ONCE) {
    const decoded = await Promise.all(
      images.slice(start, start + AT_ONCE).map(async (bytes, index) => {
        const name = `example ${String(start + index)} of ${where}`;
        return decodeImage(bytes, { size: { height, width }, channels, fit }, name);
      }),
    );
    for (const { pixels } of decoded) yield pixels;
  }
}
