# Sourced by the commands in ops/, after say.sh and jdk.sh: the packaged jars, built only when they must be.

readonly build_log=$root/target/ops-build.log

project_version() { sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1; }

jar_of() { printf '%s' "$root/$1/target/$1-$(project_version).jar"; }

# What a service is made of. Folders count too: their time changes when a file in them goes.
sources_of() {
  local module
  printf '%s\n' "$root/pom.xml"
  for module in policy-engine "$@"; do
    printf '%s\n' "$root/$module/pom.xml" "$root/$module/src/main"
  done
}

is_current() {
  local service=$1 jar sources
  shift
  jar=$(jar_of "$service")
  [[ -f $jar ]] || return 1
  mapfile -t sources < <(sources_of "$service" "$@")
  [[ -z $(find "${sources[@]}" -newer "$jar" -print -quit) ]]
}

jars_are_current() { is_current auth-server && is_current chat-gateway chat-gateway/protocol; }

require_maven() {
  command -v mvn >/dev/null || die "Maven is needed to build (\`mvn\` is not on the PATH). On Debian: apt-get install maven"
  # Older Mavens make a new JDK warn about what they do inside.
  export MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS-}"
}

# Builds both services where a source is newer than its jar. JAVA_HOME must be set.
build_jars() {
  jars_are_current && return 0
  require_maven
  mkdir -p "$root/target"
  # Two runs that start at once build one after the other.
  exec {build_lock}>"$root/target/.ops-build.lock"
  flock "$build_lock"
  if ! jars_are_current; then
    local service began=$root/target/.ops-build-began
    : >"$began"
    say "${bold}Building${plain} with the JDK at $JAVA_HOME."
    [[ -f $(jar_of chat-gateway) ]] || say "The first build fetches what it depends on and takes some minutes."
    maven_with_progress -pl auth-server,chat-gateway -am -DskipTests package
    for service in auth-server chat-gateway; do
      # As old as the build's begin: what changed meanwhile counts as newer.
      touch -r "$began" "$(jar_of "$service")"
    done
  fi
  exec {build_lock}>&-
}

# Runs Maven, keeps its whole output in $build_log, shows where it is. On failure shows what it said last.
maven_with_progress() {
  local started=$SECONDS maven status=0 line module='' told=0
  (
    cd "$root"
    # A build that outlives a killed ops/run keeps the lock on builds, not the one on the data.
    [[ -z ${data_lock-} ]] || exec {data_lock}>&-
    exec mvn -B -ntp "$@"
  ) >"$build_log" 2>&1 </dev/null &
  maven=$!
  build_pid=$maven
  while kill -0 "$maven" 2>/dev/null; do
    sleep 0.5
    line=$(sed -n 's/^\[INFO\] Building \(Sallyport[^[]*\) [0-9].*/\1/p' "$build_log" | tail -n 1)
    if [[ -t 1 ]]; then
      printf '\r\e[K  %4d s  %s' "$((SECONDS - started))" "${line:-reading the project}"
    elif [[ $line != "$module" ]] || ((SECONDS - told >= 30)); then
      printf '  %4d s  %s\n' "$((SECONDS - started))" "${line:-reading the project}"
      told=$SECONDS
    fi
    module=$line
  done
  [[ ! -t 1 ]] || printf '\r\e[K'
  wait "$maven" || status=$?
  build_pid=''
  if ((status != 0)); then
    grep -E '^\[(ERROR|FATAL)' "$build_log" | head -n 30 >&2 || tail -n 30 "$build_log" >&2
    die "the build failed after $((SECONDS - started)) s; its whole output is in $build_log"
  fi
  say "Built in $((SECONDS - started)) s."
}
