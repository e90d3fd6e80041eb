/**
 * The log of a job as GitHub's runner reads it: commands among lines, and those that are none while commands are stopped.
 *
 * Source: actions/runner, src/Runner.Worker/ActionCommandManager.cs and src/Runner.Common/ActionCommand.cs.
 */

/** A command that the runner would act on. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapedProperty(text: string): string {
  return unescaped(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

/** The commands in a log, in order, but those that stop and resume. */
export function workflowCommands(log: string): readonly WorkflowCommand[] {
  const commands: WorkflowCommand[] = [];
  let stoppedBy: string | undefined;
  for (const line of log.split('\n')) {
    const [, name = '', given = '', message = ''] = /^\s*::([^ :]+)(?: ([^:]*))?::(.*)$/u.exec(line) ?? [];
    if (name === '') continue;
    if (stoppedBy !== undefined) {
      if (name === stoppedBy) stoppedBy = undefined;
      continue;
    }
    if (name === 'stop-commands') stoppedBy = message;
    else {
      const properties = Object.fromEntries(
        given.split(',').flatMap((pair) => {
          const [key = '', ...value] = pair.split('=');
          return key === '' ? [] : [[key, unescapedProperty(value.join('='))]];
        }),
      );
      commands.push({ name, properties, message: unescaped(message) });
    }
  }
  if (stoppedBy !== undefined) throw new Error('commands are still stopped at the end');
  return commands;
}
