#!/usr/bin/env node
/**
 * The program `pipeline`.
 */
import * as nodeModule from 'node:module';
import { setFlagsFromString } from 'node:v8';

// Node 22 and newer keep compiled code between processes.
if ('enableCompileCache' in nodeModule) (nodeModule.enableCompileCache as () => void)();
// Else V8 lets garbage grow to several times what lives before it looks for it: twice the memory, and no time saved.
setFlagsFromString('--heap-growing-percent=30');

// Loaded only now, so that the cache has it.
const { start } = await import('./start.js');
await start(process.argv.slice(2));
