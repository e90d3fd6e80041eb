/**
 * Writes docs/api-report.md anew: `npm run api`.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { apiReport } from './api-report.js';

writeFileSync('docs/api-report.md', apiReport(resolve('dist/index.d.ts'), resolve('dist')));
