#!/usr/bin/env bash
# Writes src/chorus/sandbox/telegram/facts/bot_api.json anew from npm @gramio/types. For maintainers, when
# the Bot API has a new version: raise the version below, run this, look at the difference, commit.
# The build reads the committed file and needs no npm.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp tools/bot_api_facts.mjs "$folder/"
(cd "$folder" && npm init -y >/dev/null &&
  npm install --ignore-scripts --silent --no-fund --no-audit @gramio/types@10.3.1 typescript@5.9.3)
node "$folder/bot_api_facts.mjs" "$folder/node_modules/@gramio/types/out" >"$folder/bot_api.json"
mv "$folder/bot_api.json" src/chorus/sandbox/telegram/facts/bot_api.json
