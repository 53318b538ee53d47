"""completion: a script for the shell that completes commands and options."""

from __future__ import annotations

import argparse
import sys

_BASH = """_skyjar() {{
  local words="{commands}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[1]}}")); return; fi
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
}}
complete -o default -F _skyjar skyjar
"""


def completion(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """For bash, and for zsh after `autoload -U bashcompinit && bashcompinit`."""
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    cases = []
    for name, command in commands.items():
        words = [option for action in command._actions for option in action.option_strings]
        words += [str(choice) for action in command._actions if action.choices for choice in action.choices]
        cases.append(f'    {name}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "${{COMP_WORDS[COMP_CWORD]}}"));;')
    sys.stdout.write(_BASH.format(commands=" ".join(commands), cases="\n".join(cases)))
    return 0
