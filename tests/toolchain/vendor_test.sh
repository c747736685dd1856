#!/usr/bin/env bash
# The files of other people are unchanged: each one's SHA-256 stands in web/vendor/README.md.
set -euo pipefail
cd "$(dirname "$0")/../../web/vendor"
bad=0
for file in */*.js */*.css; do
  sum=$(sha256sum "$file" | cut -d' ' -f1)
  if ! grep -F "\`$file\`" README.md | grep -qF "$sum"; then
    echo "web/vendor/$file: its sum $sum does not stand in web/vendor/README.md"
    bad=1
  fi
done
exit $bad
