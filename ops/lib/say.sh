# Sourced by the commands in ops/: how they speak. Colours only on a terminal, and never with NO_COLOR.

if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' cyan=$'\e[36m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' cyan='' plain=''
fi

say() { printf '%s\n' "$*"; }

warn() { printf '%s\n' "${command_name:-ops}: $*" >&2; }

# The command was used wrongly: 2, as shells and getopt have it.
usage_error() {
  warn "$*"
  printf '%s\n' "Try: $command_name --help" >&2
  exit 2
}

die() {
  warn "$*"
  exit 1
}

# The value of an option that needs one.
value_of() {
  [[ $# -ge 2 && -n $2 ]] || usage_error "option \`$1\` needs a value"
  printf '%s' "$2"
}

# names OPTION KNOWN VALUE: the value in capitals, if all its names are known.
names() {
  local name value=${3^^}
  for name in ${3//,/ }; do
    [[ " $2 " == *" ${name^^} "* ]] || usage_error "\`$1\` knows no \`$name\`, only: ${2,,}"
  done
  printf '%s' "$value"
}

is_port() { [[ $1 =~ ^[0-9]{1,5}$ ]] && ((10#$1 >= 1 && 10#$1 <= 65535)); }

port_of() {
  is_port "$2" || usage_error "option \`$1\` needs a port from 1 to 65535, not \`$2\`"
  printf '%d' "$((10#$2))"
}

# An http or https URL of an origin, without a slash at its end: what issuers and audiences look like here.
base_url_of() {
  local url=${2%/}
  [[ $url =~ ^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$ || $url =~ ^https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?$ ]] ||
    usage_error "option \`$1\` needs a URL such as \`https://id.example.org\`, not \`$2\`"
  printf '%s' "$url"
}

# Browsers try both addresses of localhost.
is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || (exec 3<>"/dev/tcp/::1/$1") 2>/dev/null; }

# An IPv4 or IPv6 address, or a network: what the servers take as well.
is_network() {
  local address=${1%%/*} bits='' octet
  [[ $1 != */* ]] || bits=${1#*/}
  [[ $1 != */* || $bits =~ ^[0-9]{1,3}$ ]] || return 1
  if [[ $address =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]]; then
    for octet in "${BASH_REMATCH[@]:1}"; do ((10#$octet <= 255)) || return 1; done
    ((10#${bits:-32} <= 32))
  else
    [[ $address =~ ^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$ ]] && ((10#${bits:-128} <= 128))
  fi
}
