# Sourced by ./run and ./test: installs what is missing from the distribution's own archive, and
# configures and builds with one line per step. Everything long goes to build/log/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_dir=$root/build/log
mkdir -p "$log_dir"

build_packages=(clang-19 lld-19 cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libssl-dev libsodium-dev libsqlite3-dev zlib1g-dev libsnappy-dev
  libexpat1-dev libre2-dev libjemalloc-dev
  libfmt-dev libspdlog-dev libcli11-dev libyaml-cpp-dev tzdata)
test_packages=(libclang-rt-19-dev libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  python3 python3-python-telegram-bot python3-matrix-nio curl)

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' off=$'\e[0m'
else bold='' dim='' red='' off=''; fi

step_number=0
say() { printf '%s\n' "$*" >&2; }

# step NAME LOGFILE COMMAND...: one line with the time it took; on failure the end of the log.
step() {
  local name=$1 log=$log_dir/$2 start=$SECONDS
  shift 2
  step_number=$((step_number + 1))
  [[ -t 2 ]] && printf '  %d. %-34s %s…%s' "$step_number" "$name" "$dim" "$off" >&2
  if "$@" > "$log" 2>&1; then
    [[ -t 2 ]] && printf '\r' >&2
    printf '  %d. %-34s %s%4d s   %s%s\n' "$step_number" "$name" "$dim" $((SECONDS - start)) \
      "${log#"$root"/}" "$off" >&2
  else
    printf '\n  %s%s failed.%s The end of %s:\n\n' "$red" "$name" "$off" "${log#"$root"/}" >&2
    tail -n 25 "$log" >&2
    exit 1
  fi
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# need PACKAGE...: one question for root at most, and the reason before it.
need() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} == 0 ]] && return
  if ! command -v apt-get > /dev/null; then
    say "  Chorus builds on Debian 12 and its relatives. Please install: ${missing[*]}"
    exit 1
  fi
  if [[ $(id -u) != 0 ]]; then
    command -v sudo > /dev/null || {
      say "  These packages are missing, and there is no sudo to install them; as root run:"
      say "  apt-get install ${missing[*]}"
      exit 1
    }
    say "  ${#missing[@]} packages of your distribution are missing (compiler and libraries):"
    say "  ${dim}${missing[*]}${off}"
    say "  Installing them needs your password, once:"
    sudo -v
  fi
  step "install ${#missing[@]} packages" install.log apt_install "${missing[@]}"
}

configure() { # PRESET [CMAKE_OPTION...]: of a folder that is not configured yet
  local preset=$1
  shift
  [[ -f $root/build/$preset/build.ninja ]] && return
  step "configure ($preset)" "configure-$preset.log" cmake -S "$root" --preset "$preset" "$@"
}

build() { # PRESET TARGET...
  local preset=$1
  shift
  step "build ($preset)" "build-$preset.log" ninja -C "$root/build/$preset" "$@"
}
