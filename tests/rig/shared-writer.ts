/**
 * A program that puts a file into a shared folder.
 *
 *     shared-writer FOLDER NAME FILE
 */
import { folderObjects } from '../../artifacts/remote/folder-objects.js';

const [folder = '', name = '', file = ''] = process.argv.slice(2);
await folderObjects(folder, new AbortController().signal).write(name, file, '');
