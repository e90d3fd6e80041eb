/**
 * All commands with their operands and options. Each one's work is in a file of its own, loaded when it is called.
 */
import type { Command as Parser } from 'commander';
import { declareHistoryCommands } from './history-commands.js';
import type { Start } from './operands.js';
import { declarePipelineCommands } from './pipeline-commands.js';
import { declareReferenceCommands } from './reference-commands.js';
import { declareStoreCommands } from './store-commands.js';

/** Declares all commands. */
export function declareCommands(program: Parser, start: Start): void {
  declarePipelineCommands(program, start);
  declareHistoryCommands(program, start);
  declareStoreCommands(program, start);
  declareReferenceCommands(program, start);
}
