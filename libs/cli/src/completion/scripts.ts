import { print } from '../output/print.js';

/**
 * bash breaks words at `:`, which tags have: the pieces are joined before they are completed, and what
 * stands before the last colon is taken from what comes back.
 */
const BASH = `# bash completion of bentonest; source it, or write it into ~/.bashrc:
#   source <(bentonest completion bash)
_bentonest() {
  local -a words=()
  local index word previous=''
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if ((\${#words[@]} > 0)) && [[ $word == :* || $previous == *: ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    previous=$word
  done
  ((\${#words[@]} > 0)) || words=('')
  local current=\${words[-1]} line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && line=\${line#"\${current%:*}:"}
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _bentonest bentonest
`;

const ZSH = `#compdef bentonest
# zsh completion of bentonest; write it to a file _bentonest in a folder of $fpath:
#   bentonest completion zsh > "\${fpath[1]}/_bentonest"
_bentonest() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then
    compadd -- "\${found[@]}"
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _bentonest ]]; then
  _bentonest "$@"
else
  compdef _bentonest bentonest
fi
`;

const FISH = `# fish completion of bentonest; write it to ~/.config/fish/completions/bentonest.fish:
#   bentonest completion fish > ~/.config/fish/completions/bentonest.fish
function __bentonest_complete
    set -l words (commandline -opc)
    set -l found ($words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c bentonest -f -a '(__bentonest_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function printScript(shell: string): void {
  print(SCRIPTS[shell] ?? '');
}
