#!/usr/bin/env bash
# Every `#include "chorus/<module>/..."` must point to the module itself or to one of a lower level
# that CMakeLists.txt lists for it; detail/ headers stay inside their module.
set -euo pipefail
cd "$(dirname "$0")/../.."
declare -A uses
flat=$(tr '\n' ' ' < CMakeLists.txt)
while read -r name list; do uses[$name]=" $list "; done < <(
  grep -oE 'chorus_module\([^)]*\)' <<< "$flat" |
  sed -E 's/chorus_module\(([a-z]+) +LEVEL [0-9]+( +USES ([a-z ]*))?.*/\1 \3/; s/ LINKS.*//')
bad=0
while IFS=: read -r file line include; do
  from=${file#src/chorus/} from=${from%%/*}  # thousands of lines: no process for each
  to=${include#*\"chorus/} to=${to%%/*}
  if [[ $from != "$to" && ${uses[$from]} != *" $to "* ]]; then
    echo "$file:$line: $from may not include $to"; bad=1
  fi
  if [[ $from != "$to" && $include == *"/detail/"* ]]; then
    echo "$file:$line: detail header of another module"; bad=1
  fi
done < <(grep -rnE '#include "chorus/' src/chorus)
while IFS=: read -r file line _; do
  echo "$file:$line: include only the parts of Asio and Beast that are needed"; bad=1
done < <(grep -rnE '#include <boost/(asio|beast)\.hpp>' src)
while IFS=: read -r file line _; do
  [[ $file == src/chorus/net/*.cpp ]] || { echo "$file:$line: Beast belongs in net/*.cpp"; bad=1; }
done < <(grep -rnE '#include <boost/beast/' src)
[[ $bad == 0 ]] && echo "1 passed, 0 failed" || exit 1
