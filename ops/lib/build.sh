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

# ------------------------------------------------------------------------------------ to start fast

# Where a service's jars lie side by side, with the JVM's cache of its loaded and linked classes (JEP 483, 514).
launch_of() { printf '%s' "$root/$1/target/launch"; }

launch_is_current() {
  local made_by
  made_by=$(launch_of "$1")/made-by
  [[ -f $made_by && ! $(jar_of "$1") -nt $made_by && $(<"$made_by") == "$JAVA_HOME" ]]
}

# The options that ops/run and the benchmarks give the JVM of a service. A cache is made and used under the same.
jvm_options() {
  # A cache that does not fit is not used, which is no matter for whoever reads the output.
  printf '%s\n' --enable-native-access=ALL-UNNAMED -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError '-Xlog:aot*=error'
  [[ $1 == auth-server ]] || return 0
  # Tokens are small and soon forgotten: on a few processors nothing collects them cheaper, or in less memory. The
  # heap stays as small as what is alive allows, and has room for a large policy set.
  printf '%s\n' -XX:+UseSerialGC -XX:+UseCompactObjectHeaders -Xms64m -Xmx512m -XX:MinHeapFreeRatio=20 \
    -XX:MaxHeapFreeRatio=40
  # Left to its thresholds the compiler inlines the rounds of Argon2 in some runs and calls them in others, for two and
  # a half times the processor with each password.
  printf '%s\n' -XX:CompileCommand=quiet \
    '-XX:CompileCommand=inline,org.bouncycastle.crypto.generators.Argon2BytesGenerator*::*'
}

# Lays a service out for its start, and starts it once for the cache: a start from then on takes half the time.
prepare_launch() {
  local service=$1 folder options log=$root/target/ops-launch.log
  launch_is_current "$service" && return 0
  mkdir -p "$root/target"
  exec {launch_lock}>"$root/target/.ops-launch.lock"
  flock "$launch_lock"
  if ! launch_is_current "$service"; then
    folder=$(launch_of "$service")
    mapfile -t options < <(jvm_options "$service")
    say "Preparing the $service to start fast."
    rm -rf -- "$folder"
    "$JAVA_HOME/bin/java" -Djarmode=tools -jar "$(jar_of "$service")" extract --destination "$folder" >"$log" 2>&1 ||
      die "cannot lay out the $service; see $log"
    mv -- "$folder/$(basename -- "$(jar_of "$service")")" "$folder/$service.jar"
    train "$service" "$folder" "${options[@]}" >>"$log" 2>&1 ||
      warn "the $service will start more slowly: its cache of classes could not be made; see $log"
    printf '%s\n' "$JAVA_HOME" >"$folder/made-by"
  fi
  exec {launch_lock}>&-
}

# train SERVICE FOLDER OPTION…: a start that ends as soon as the service would answer, on nobody's data.
train() {
  local service=$1 folder=$2 data status=0 arguments
  shift 2
  data=$(mktemp -d)
  arguments=(--server.address=127.0.0.1 --server.port=0 --sallyport.issuer=http://localhost:9000
    "--sallyport.data=$data" --spring.datasource.url=jdbc:h2:mem:training)
  case $service in
    auth-server) arguments+=(--spring.profiles.active=demo) ;;
    chat-gateway)
      arguments+=(--sallyport.public-url=http://localhost:9100 --sallyport.auth-server-url=http://127.0.0.1:9
        --sallyport.bundle-wait=1s)
      ;;
  esac
  (
    # As a build: what outlives a killed ops/run must not hold the data.
    [[ -z ${data_lock-} ]] || exec {data_lock}>&-
    exec timeout --kill-after=10 300 "$JAVA_HOME/bin/java" "$@" "-XX:AOTCacheOutput=$folder/$service.aot" \
      -Dspring.context.exit=onRefresh -jar "$folder/$service.jar" "${arguments[@]}" </dev/null
  ) &
  build_pid=$!
  wait "$build_pid" || status=$?
  build_pid=''
  rm -rf -- "$data"
  [[ -s $folder/$service.aot ]] || status=1
  return "$status"
}
