# Sourced by ops/run: PostgreSQL, NATS and the balancer that several nodes of one Sallyport share.

# The version that the tests use, as the root pom names it.
postgres_version() { sed -n 's:.*<embedded-postgres-binaries.version>\(.*\)</.*:\1:p' "$root/pom.xml"; }

# Sets postgres_home: PostgreSQL as a Maven artifact, the same that the tests start; fetched once.
require_postgres() {
  local os arch artifact version
  version=$(postgres_version)
  case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) die "there is no packaged PostgreSQL for $(uname -s)" ;; esac
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64v8 ;;
    *) die "there is no packaged PostgreSQL for $(uname -m)" ;;
  esac
  artifact=embedded-postgres-binaries-$os-$arch
  postgres_home=$root/target/postgres-$version
  [[ ! -x $postgres_home/bin/postgres ]] || return 0
  require_maven
  local folder
  folder=$(mktemp -d "$root/target/postgres.XXXXXX")
  maven_with_progress -N org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy \
    "-Dartifact=io.zonky.test.postgres:$artifact:$version" "-DoutputDirectory=$folder" -Dmdep.stripVersion=true
  (
    cd -- "$folder"
    "$JAVA_HOME/bin/jar" xf "$artifact.jar"
    mkdir home
    tar -xJf postgres-*.txz -C home
  ) || die "cannot unpack PostgreSQL; is \`xz\` there? On Debian: apt-get install xz-utils"
  # Two runs may do this at once: the first one's is as good.
  mv -T -- "$folder/home" "$postgres_home" 2>/dev/null || [[ -x $postgres_home/bin/postgres ]] ||
    die "cannot put PostgreSQL into $postgres_home"
  rm -rf -- "$folder"
}

require_nats() {
  install_packages nats-server:nats-server
  nats_server=$(PATH=$PATH:/usr/sbin:/sbin command -v nats-server)
}

# secret NAME: made once for this data folder, only readable by its owner.
secret() {
  local file=$data/secrets/$1
  mkdir -p -- "$data/secrets"
  [[ -s $file ]] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  cat -- "$file"
}

# PostgreSQL refuses to be root; in a namespace of its own it is nobody, and can still write what root can.
as_nobody() {
  if ((EUID == 0)); then
    unshare -U "$@"
  else
    "$@"
  fi
}

# The cluster of databases, made on the first start: `auth` and `gateway`.
make_databases() {
  local folder=$data/postgres log=$data/logs/initdb.log
  [[ ! -s $folder/PG_VERSION ]] || return 0
  rm -rf -- "$folder"
  secret postgres >/dev/null
  as_nobody "$postgres_home/bin/initdb" -D "$folder.new" -U sallyport --pwfile="$data/secrets/postgres" \
    --auth=scram-sha-256 -E UTF8 --locale=C >"$log" 2>&1 || die "PostgreSQL could not make its data folder; see $log"
  printf 'create database auth;\n\ncreate database gateway;\n\n' |
    as_nobody "$postgres_home/bin/postgres" --single -j -D "$folder.new" postgres >>"$log" 2>&1 ||
    die "PostgreSQL could not make the databases; see $log"
  mv -- "$folder.new" "$folder"
}

# start_other NAME COMMAND…: what is no server of ours, with its output in the logs.
start_other() {
  local name=$1 log=$data/logs/$1.log guard=()
  shift
  [[ ! -f $log ]] || mv -f -- "$log" "$log.1"
  ! setpriv --pdeathsig TERM true 2>/dev/null || guard=(setpriv --pdeathsig TERM)
  (
    cd -- "$data"
    if [[ $name == postgres ]] && ((EUID == 0)); then
      guard=(unshare -U "${guard[@]}")
    fi
    # Ctrl-C at a terminal is for ops/run alone: what the servers stand on must not go before them.
    ! command -v setsid >/dev/null || guard=(setsid "${guard[@]}")
    exec "${guard[@]}" "$@"
  ) >"$log" 2>&1 </dev/null &
  started "$name" $!
}

start_postgres() {
  make_databases
  # fsync and synchronous_commit are on by default, and are what the acknowledgements promise.
  start_other postgres "$postgres_home/bin/postgres" -D "$data/postgres" -p "$postgres_port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c shared_buffers=128MB \
    -c fsync=on -c synchronous_commit=on -c full_page_writes=on
}

start_nats() {
  mkdir -p -- "$data/nats"
  cat >"$data/nats/nats.conf" <<CONF
listen: "127.0.0.1:$nats_port"
server_name: "sallyport"
max_payload: 1048576
authorization { user: "gateway", password: "$(secret nats)" }
CONF
  start_other nats "$nats_server" -c "$data/nats/nats.conf"
}

# await_port NAME PORT: until something listens there, or the process has ended.
await_port() {
  local deadline=$((SECONDS + start_seconds_max))
  until is_listening "$2"; do
    is_alive "${pids[$1]}" || fail_with_log "$1" "$1 ended by itself"
    ((SECONDS < deadline)) || fail_with_log "$1" "$1 did not listen on port $2 within $start_seconds_max s"
    sleep 0.1
  done
}

# await_file NAME FILE: that this process makes.
await_file() {
  local deadline=$((SECONDS + start_seconds_max))
  until [[ -s $2 ]]; do
    is_alive "${pids[$1]}" || fail_with_log "$1" "$1 ended by itself"
    ((SECONDS < deadline)) || fail_with_log "$1" "$1 made no \`$2\` within $start_seconds_max s"
    sleep 0.1
  done
}

# next_port FROM: the first port after it that is free and not given to another; in `port`.
next_port() {
  port=$1
  while :; do
    ((++port <= 65535)) || die "no port is free above $1"
    [[ " ${ports[*]} " == *" $port "* ]] || is_listening "$port" || break
  done
  ports+=("$port")
}

start_auth_node() {
  local name=$1 port=$2
  SPRING_DATASOURCE_PASSWORD=$(secret postgres) start auth-server "$name" --spring.profiles.active=demo \
    --server.port="$port" --sallyport.issuer="$issuer" --sallyport.data="$data/auth" \
    --sallyport.gateway.audience="$gateway_url" --sallyport.gateway.jwks-file="$data/gateway/client-jwks.json" \
    --spring.datasource.url="jdbc:postgresql://127.0.0.1:$postgres_port/auth" --spring.datasource.username=sallyport \
    "${common[@]}" "${fetching[@]}"
}

start_gateway_node() {
  local name=$1 port=$2 folder=$3
  SPRING_DATASOURCE_PASSWORD=$(secret postgres) SALLYPORT_NATS_PASSWORD=$(secret nats) start chat-gateway "$name" \
    --server.port="$port" --sallyport.public-url="$gateway_url" --sallyport.issuer="$issuer" \
    --sallyport.auth-server-url="$auth_server_url" --sallyport.data="$folder" \
    --sallyport.external-sender.file="$data/gateway/external-sender-keys.json" \
    --sallyport.cluster-key-file="$data/gateway/cluster-key" \
    --sallyport.nats.url="nats://127.0.0.1:$nats_port" --sallyport.nats.user=gateway \
    --spring.datasource.url="jdbc:postgresql://127.0.0.1:$postgres_port/gateway" \
    --spring.datasource.username=sallyport --sallyport.bundle-wait="${start_seconds_max}s" "${common[@]}"
}

# Two auth-servers and $cluster gateways, behind one port each.
run_cluster() {
  local n port auth_ports=() gateway_ports=() auth_nodes='' gateway_nodes='' health=()
  ports=("$auth_port" "$gateway_port")
  for ((n = 1; n <= 2; n++)); do next_port "$auth_port"; auth_ports+=("$port"); done
  for ((n = 1; n <= cluster; n++)); do next_port "$gateway_port"; gateway_ports+=("$port"); done
  next_port "$((gateway_port + 20))"; postgres_port=$port
  next_port "$postgres_port"; nats_port=$port

  say "Starting PostgreSQL, NATS, two auth-servers and $cluster gateways."
  # The nodes share them; made here, lest two make them at once.
  [[ -s $data/auth/master.key ]] || head -c 32 /dev/urandom | base64 >"$data/auth/master.key"
  [[ -s $data/gateway/cluster-key ]] || head -c 32 /dev/urandom | base64 >"$data/gateway/cluster-key"
  start_postgres
  start_nats
  await_port postgres "$postgres_port"
  await_port nats "$nats_port"
  for ((n = 1; n <= 2; n++)); do
    start_auth_node "auth-server-$n" "${auth_ports[n - 1]}"
    # They share a folder: one of them alone makes the first accounts and writes down their passwords. It listens then.
    ((n > 1)) || await_port "auth-server-$n" "${auth_ports[0]}"
    auth_nodes+=",auth-server-$n=${auth_ports[n - 1]}"
    health+=("auth-server-$n=$scheme://localhost:${auth_ports[n - 1]}/actuator/health")
  done
  for ((n = 1; n <= cluster; n++)); do
    gateway_nodes+=",chat-gateway-$n=${gateway_ports[n - 1]}"
    health+=("chat-gateway-$n=$scheme://localhost:${gateway_ports[n - 1]}/actuator/health")
  done
  start_other balancer "$JAVA_HOME/bin/java" -XX:-UsePerfData -XX:+UseSerialGC -Xmx256m -Djava.io.tmpdir="$data/tmp" \
    -Djdk.internal.httpclient.disableHostnameVerification=true "$root/ops/lib/Balancer.java" "${certificate:--}" \
    "auth-server,$auth_port,/actuator/health$auth_nodes" "gateway,$gateway_port,/actuator/health/readiness$gateway_nodes"
  # The first gateway makes the keys by which all of them are one client and one external sender.
  start_gateway_node chat-gateway-1 "${gateway_ports[0]}" "$data/gateway"
  await_file chat-gateway-1 "$data/gateway/client-jwks.json"
  await_file chat-gateway-1 "$data/gateway/external-sender-keys.json"
  for ((n = 2; n <= cluster; n++)); do
    mkdir -p -- "$data/gateway-$n"
    cp -p -- "$data/gateway/client-key.json" "$data/gateway/client-jwks.json" "$data/gateway-$n/"
    start_gateway_node "chat-gateway-$n" "${gateway_ports[n - 1]}" "$data/gateway-$n"
  done
  await_health "${health[@]}" "auth-server=$auth_here/actuator/health" "gateway=$gateway_here/actuator/health"
  write_cluster "${auth_ports[@]}" "${gateway_ports[@]}"
}

# What is running, for whoever kills parts of it.
write_cluster() {
  local name n=0 port separator=''
  local -A port_of_process=([postgres]=$postgres_port [nats]=$nats_port)
  for name in auth-server-1 auth-server-2 $(seq -f 'chat-gateway-%g' 1 "$cluster"); do
    shift_ports=("$@")
    port_of_process[$name]=${shift_ports[n]}
    n=$((n + 1))
  done
  {
    printf '{"issuer":"%s","gateway_url":"%s","processes":[' "$issuer" "$gateway_url"
    for name in "${names[@]}"; do
      printf '%s\n{"name":"%s","pid":%s,"port":%s,"log":"%s"}' "$separator" "$name" "${pids[$name]}" \
        "${port_of_process[$name]:-null}" "$data/logs/$name.log"
      separator=,
    done
    printf '\n]}\n'
  } >"$data/cluster.json.new"
  mv -f -- "$data/cluster.json.new" "$data/cluster.json"
}

# One that ends by itself is told of; the others go on, since that is what they are several for.
watch_cluster() {
  local name status
  while ((${#names[@]})); do
    # The shell would tell of a killed one in words of its own.
    { wait -n; } 2>/dev/null || true
    for name in "${names[@]}"; do
      is_alive "${pids[$name]}" && continue
      status=0
      wait "${pids[$name]}" || status=$?
      warn "$name (process ${pids[$name]}) ended by itself with status $status; the others go on. Its log: $data/logs/$name.log"
      forget "$name"
    done
  done
  die "nothing is left running"
}
