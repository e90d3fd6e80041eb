import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolders } from '../../../rig/temp-folder.js';
import { failure, generate, type Files } from '../generate.js';

const temporaryFolder = temporaryFolders();

describe('ExampleGen on CSV', () => {
  const csv = (path: unknown, more: object = {}, rest: object = {}): Readonly<Record<string, unknown>> => ({
    source: { csv: { path, ...more } },
    ...rest,
  });
  const table = 'length,count,zip,kind\n1.5,1,01234,b\n-2,-7,99999,a\n3e2,2,00000,b\n';

  test('takes every column as the narrowest type that fits', async () => {
    const { info, columns } = await generate(temporaryFolder(), csv({ train: 't.csv' }, { label: 'kind' }), {
      't.csv': table,
    });
    expect(info.features).toEqual({
      length: { kind: 'float', size: 1 },
      count: { kind: 'integer' },
      zip: { kind: 'string' },
      kind: { kind: 'label', classes: ['a', 'b'] },
    });
    expect(await columns('train')).toEqual({
      length: Float32Array.of(1.5, -2, 300),
      count: Int32Array.of(1, -7, 2),
      zip: ['01234', '99999', '00000'],
      kind: Int32Array.of(1, 0, 1),
    });
  });

  test('takes the columns that are named, as they are declared', async () => {
    const { info, columns } = await generate(
      temporaryFolder(),
      csv({ train: 't.csv' }, { features: { count: 'float' }, label: 'kind' }, { classes: ['b', 'a', 'c'] }),
      { 't.csv': table },
    );
    expect(Object.keys(info.features).sort()).toEqual(['count', 'kind']);
    expect((await columns('train'))['count']).toEqual(Float32Array.of(1, -7, 2));
    expect((await columns('train'))['kind']).toEqual(Int32Array.of(0, 1, 0));
  });

  test('joins the files of a folder, in the order of their names, whatever the order of their columns', async () => {
    const { columns } = await generate(temporaryFolder(), csv({ train: 'parts' }), {
      'parts/2.csv.gz': gzipSync('b,a\nx,3\n'),
      'parts/1.csv': 'a,b\n1,"y\n"\n2,z\n',
    });
    expect(await columns('train')).toEqual({ a: Int32Array.of(1, 2, 3), b: ['y\n', 'z', 'x'] });
  });

  test('names that objects have anyway are names like others', async () => {
    const { columns } = await generate(
      temporaryFolder(),
      csv({ train: 't.csv' }, { features: { constructor: 'integer' } }),
      {
        't.csv': 'constructor,toString\n1,2\n',
      },
    );
    expect(Object.keys(await columns('train'))).toEqual(['constructor']);
    const { info } = await generate(temporaryFolder(), csv({ train: 't.csv' }), {
      't.csv': 'constructor,toString\n1,2\n',
    });
    expect(Object.entries(info.features)).toContainEqual(['toString', { kind: 'integer' }]);
  });

  test.each<[string, object, object, Files, string]>([
    ['a missing number', {}, {}, { 't.csv': 'a,b\n1,x\n,y\n' }, "line 3: column 'a' is empty"],
    [
      'text among declared numbers',
      { features: { a: 'float' } },
      {},
      { 't.csv': 'a\n1\nx\n' },
      'line 3: column \'a\' holds "x"',
    ],
    ['a number beyond float32', { features: { a: 'float' } }, {}, { 't.csv': 'a\n1e39\n' }, 'no float of 32 bits'],
    [
      'a number beyond int32',
      { features: { a: 'integer' } },
      {},
      { 't.csv': 'a\n2147483648\n' },
      'no integer of 32 bits',
    ],
    ['a missing label', { label: 'a' }, {}, { 't.csv': 'a,b\n,1\n' }, "the label 'a' is empty"],
    ['an unknown label', { label: 'a' }, { classes: ['x'] }, { 't.csv': 'a,b\ny,1\n' }, '"y" is none of the classes'],
    ['a label that is no column', { label: 'z' }, {}, { 't.csv': 'a\n1\n' }, "there is no column 'z'"],
    ['a feature that is no column', { features: { z: 'float' } }, {}, { 't.csv': 'a\n1\n' }, "has no column 'z'"],
    ['no rows', {}, {}, { 't.csv': 'a\n' }, 'got no examples'],
    ['__proto__', {}, {}, { 't.csv': '__proto__\n1\n' }, 'cannot be a feature'],
  ])('refuses %s', async (_, more, rest, files, message) => {
    expect(await failure(temporaryFolder(), csv({ train: 't.csv' }, more, rest), files)).toMatchObject({
      name: 'StepError',
      message: expect.stringContaining(message),
    });
  });

  test('refuses files whose columns differ', async () => {
    const files = { 'parts/1.csv': 'a,b\n1,2\n', 'parts/2.csv': 'a,c\n1,2\n' };
    expect(await failure(temporaryFolder(), csv('parts'), files)).toMatchObject({ code: 'column-missing' });
    expect(await failure(temporaryFolder(), csv('parts'), { ...files, 'parts/2.csv': 'a,b,c\n1,2,3\n' })).toMatchObject(
      {
        message: expect.stringContaining("has a column 'c'"),
      },
    );
  });
});
