/**
 * Tar archives put together by hand, so that they can hold what no tool would write. Format: POSIX ustar.
 */

/** Fields of a header; what is left out makes a plain file. */
export interface TarFields {
  readonly path?: string;
  /** One character: `0` file, `1` hard link, `2` symbolic link, `5` folder, `x` PAX header. */
  readonly type?: string;
  readonly linkpath?: string;
  readonly mode?: number;
  readonly size?: number;
  /** The twelve bytes of the size field as they are. */
  readonly rawSize?: Buffer;
}

/** The two blocks of zeros at the end. */
export const TAR_END = Buffer.alloc(1024);

/** A header with its checksum. */
export function tarHeader(fields: TarFields): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(fields.path ?? '', 0, 100);
  header.write(octal(fields.mode ?? 0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(fields.size ?? 0, 12), 124);
  fields.rawSize?.copy(header, 124);
  header.write(octal(0, 12), 136);
  header.fill(' ', 148, 156);
  header.write(fields.type ?? '0', 156);
  header.write(fields.linkpath ?? '', 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** A header and its content, filled up to whole blocks. */
export function tarMember(fields: TarFields, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([tarHeader({ size: content.length, ...fields }), content, padding]);
}

/** An archive of some members. */
export function tarBytes(...members: readonly Buffer[]): Buffer {
  return Buffer.concat([...members, TAR_END]);
}
