#!/usr/bin/env node
/**
 * The program `pipeline`.
 */
import { setFlagsFromString } from 'node:v8';
import { commandLine } from './command-line.js';
import { endProcess, processEnvironment } from './process-environment.js';

// Else V8 lets garbage grow to several times what lives before it looks for it: twice the memory, and no time saved.
setFlagsFromString('--heap-growing-percent=30');
await endProcess(await commandLine(process.argv.slice(2), processEnvironment()));
