# Sourced by the commands in ops/, after say.sh: Debian packages, installed where they are missing.

# install_packages PACKAGE:COMMAND-OR-FILE…: the second part shows that it is there.
install_packages() {
  local entry missing=()
  for entry in "$@"; do
    # Debian puts servers into sbin, which is not on everyone's PATH.
    case ${entry#*:} in
      /*) [[ -e ${entry#*:} ]] || missing+=("${entry%%:*}") ;;
      *) PATH=$PATH:/usr/sbin:/sbin command -v "${entry#*:}" >/dev/null || missing+=("${entry%%:*}") ;;
    esac
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    die "these are missing and this is no Debian to install them on: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "these Debian packages are missing; install them as root: ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  mkdir -p "$root/target"
  local log=$root/target/apt.log
  {
    "${as_root[@]}" apt-get update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 || die "apt-get could not install ${missing[*]}; see $log"
}
