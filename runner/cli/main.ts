#!/usr/bin/env node
/**
 * The program `pipeline`.
 */
import { commandLine } from './command-line.js';
import { endProcess, processEnvironment } from './process-environment.js';

await endProcess(await commandLine(process.argv.slice(2), processEnvironment()));
