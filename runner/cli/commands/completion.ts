/**
 * `pipeline completion SHELL`: a script that makes the shell complete commands, options, names of nodes, params,
 * components and runs. It asks `pipeline complete` at every key.
 */
import { EXIT, type Command } from '../command.js';
import type { CompletionArguments } from '../arguments.js';

const BASH = `# Completion of pipeline for bash: eval "$(pipeline completion bash)"
_pipeline_complete() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F _pipeline_complete pipeline
`;

const ZSH = `#compdef pipeline
# Completion of pipeline for zsh: eval "$(pipeline completion zsh)", after compinit
_pipeline_complete() {
  local line word
  local -a found
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    if [[ $line == *$'\\t'* ]]; then found+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); else found+=("\${word//:/\\\\:}"); fi
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe pipeline found; else _files; fi
}
compdef _pipeline_complete pipeline
`;

const FISH = `# Completion of pipeline for fish: pipeline completion fish | source
function __pipeline_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pipeline -f -a '(__pipeline_complete)'
`;

const SCRIPTS: Readonly<Record<CompletionArguments['shell'], string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export const command: Command<CompletionArguments> = ({ shell }, { stdout }) => {
  stdout.write(SCRIPTS[shell]);
  return Promise.resolve(EXIT.done);
};
