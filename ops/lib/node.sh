# Sourced by the commands in ops/: Node and the packages of our Node folders.

readonly node_version_min=20.19

require_node() {
  local version how="Get it: apt-get install nodejs npm (Debian 13 and newer), or from https://nodejs.org"
  command -v node >/dev/null || die "Node $node_version_min or newer is needed, and \`node\` is not on the PATH. $how"
  command -v npm >/dev/null || die "\`npm\` is needed beside Node and is not on the PATH. $how"
  version=$(node -p 'process.versions.node')
  if [[ $(printf '%s\n' "$node_version_min" "$version" | sort -V | head -n 1) != "$node_version_min" ]]; then
    die "Node $node_version_min or newer is needed; $(command -v node) is $version. $how"
  fi
}

node_lock_files() { find "$root" \( -name node_modules -o -name target -o -name .git \) -prune -o -name package-lock.json -print; }

# The locked packages of one folder, where they are missing or older than the lock.
install_node_packages() {
  local folder=$1 log=$root/target/npm-ci.log
  [[ ! -f $folder/node_modules/.package-lock.json || $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ]] ||
    return 0
  say "Installing the Node packages of ${folder#"$root/"}"
  mkdir -p "$root/target"
  (cd "$folder" && npm ci --no-audit --no-fund) >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    die "\`npm ci\` failed in $folder; see $log"
  }
}
