#!/usr/bin/env node
/**
 * The program `pipeline`.
 */
import * as nodeModule from 'node:module';

// Node 22 and newer keep compiled code between processes.
if ('enableCompileCache' in nodeModule) (nodeModule.enableCompileCache as () => void)();
// Loaded only now, so that the cache has it.
void import('./start.js').then(({ start }) => start(process.argv.slice(2)));
