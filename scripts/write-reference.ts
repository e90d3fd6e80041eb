/**
 * Writes docs/commands.md and docs/components.md anew: `npm run reference`.
 */
import { writeFileSync } from 'node:fs';
import { commandsReference, componentsReference } from './reference.js';

writeFileSync('docs/commands.md', commandsReference());
writeFileSync('docs/components.md', await componentsReference());
