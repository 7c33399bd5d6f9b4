# Sourced by the commands in ops/: finds a JDK that is new enough, wherever Debian, Temurin, SDKMAN and others put one.

readonly jdk_feature_min=25

# Where JDKs are looked for besides JAVA_HOME and PATH. SALLYPORT_JDK_FOLDERS (colon-separated) replaces the list.
jdk_folders() {
  if [[ -n ${SALLYPORT_JDK_FOLDERS+set} ]]; then
    tr ':' '\n' <<<"$SALLYPORT_JDK_FOLDERS"
    return
  fi
  printf '%s\n' /usr/lib/jvm /usr/java /opt /opt/java /usr/local /usr/local/java /Library/Java/JavaVirtualMachines \
    "${SDKMAN_DIR:-$HOME/.sdkman}/candidates/java" "$HOME/.jdks" "$HOME/.gradle/jdks" \
    "$HOME/.asdf/installs/java" "$HOME/.local/share/mise/installs/java" "$HOME/.jenv/versions" "$HOME/jdk"
}

jdk_candidates() {
  local command folder home
  [[ -z ${JAVA_HOME-} ]] || printf '%s\n' "$JAVA_HOME"
  for command in javac java; do
    if command=$(command -v "$command"); then
      command=$(readlink -f "$command")
      printf '%s\n' "${command%/bin/*}"
    fi
  done
  while IFS= read -r folder; do
    [[ -n $folder && -d $folder ]] || continue
    for home in "$folder"/*/ "$folder"/*/Contents/Home/; do
      [[ -x ${home}bin/java ]] && printf '%s\n' "${home%/}"
    done
  done < <(jdk_folders)
  return 0
}

# The feature release of the JDK at this home, e.g. 25; nothing where there is none.
jdk_feature_of() {
  local version=''
  [[ -x $1/bin/java ]] || return 0
  [[ ! -r $1/release ]] || version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  [[ -n $version ]] || version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p;' | head -n 1)
  printf '%s' "$version"
}

# Sets and exports JAVA_HOME, or explains what is missing and ends the command.
require_jdk() {
  local home feature found=()
  local -A seen=()
  while IFS= read -r home; do
    home=$(readlink -f "$home") || continue
    [[ -z ${seen[$home]-} ]] || continue
    seen[$home]=1
    feature=$(jdk_feature_of "$home")
    [[ -n $feature ]] || continue
    if ((feature < jdk_feature_min)); then
      found+=("  Java $feature at $home: too old")
    elif [[ ! -x $home/bin/javac ]]; then
      found+=("  Java $feature at $home: only a runtime, without the compiler")
    else
      export JAVA_HOME=$home
      return 0
    fi
  done < <(jdk_candidates)
  {
    say "$command_name: Sallyport needs a JDK $jdk_feature_min or newer, and none was found."
    if ((${#found[@]})); then
      say "Found:"
      printf '%s\n' "${found[@]}"
    fi
    cat <<TEXT
Get one, any of these:
  Debian 13 and newer   apt-get install openjdk-$jdk_feature_min-jdk
  any Linux, macOS      Eclipse Temurin $jdk_feature_min (JDK) from https://adoptium.net
  with SDKMAN           sdk install java $jdk_feature_min-tem
and, where it lies in an unusual place, name it: JAVA_HOME=/path/to/jdk-$jdk_feature_min $command_name
TEXT
  } >&2
  exit 1
}
