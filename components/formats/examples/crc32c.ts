/**
 * CRC-32C (Castagnoli), the checksum of TFRecord, eight bytes a step ("slicing-by-8"). The reflected polynomial is
 * 0x82f63b78; crc32c('123456789') is 0xe3069283 (RFC 3720, B.4).
 */

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k advances a byte over k more bytes of zeros. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  const at = (index: number): number => tables[index] ?? 0;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = at(index - 256);
    tables[index] = (before >>> 8) ^ at(before & 0xff);
  }
  return tables;
}

/** CRC-32C of some bytes, as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  const table = (index: number): number => TABLES[index] ?? 0;
  const byte = (index: number): number => bytes[index] ?? 0;
  let crc = -1;
  let index = 0;
  for (const end = bytes.length - 7; index < end; index += 8) {
    crc ^= byte(index) | (byte(index + 1) << 8) | (byte(index + 2) << 16) | (byte(index + 3) << 24);
    crc =
      table(1792 + (crc & 0xff)) ^
      table(1536 + ((crc >>> 8) & 0xff)) ^
      table(1280 + ((crc >>> 16) & 0xff)) ^
      table(1024 + (crc >>> 24)) ^
      table(768 + byte(index + 4)) ^
      table(512 + byte(index + 5)) ^
      table(256 + byte(index + 6)) ^
      table(byte(index + 7));
  }
  for (; index < bytes.length; index++) crc = table((crc ^ byte(index)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-32C as TFRecord stores it: rotated right by 15 bits, plus a constant, so that a CRC of CRCs stays good. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
