# Sourced by the executables of bin/, which set `self`, their own path, `main`, the program below packages/, and `flags` for Node. Starts
# it on the pinned Node. Forks nothing: this is part of every run of a container.
#
# With `seal` set, root's Node runs from a read-only mount of itself, in a mount namespace that it leaves at once: it finds the caller's in
# the descriptor that ERAS_HOST_MOUNTS names. Root of a user namespace alone might not find back. `slave`: on a host whose mounts are shared,
# this one would otherwise appear there too.
case $self in /*) ;; *) self=$PWD/$self ;; esac
clone=${self%/bin/*}
node=$clone/node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "${self##*/}: $clone/node_modules is missing: run \"npx -y pnpm@12 install\" in $clone" >&2
  exit 1
fi
set -- "$node" $flags "$clone/packages/launch/launch.cjs" "$clone/packages/$main" "$@"
if [ -n "$seal" ] && [ -w /proc/sys/kernel/hostname ] && read -r _ _ users </proc/self/uid_map && [ "$users" = 4294967295 ]; then
  for fd in 9 8 7 6 5 4 3; do
    if [ ! -e /proc/self/fd/$fd ]; then
      eval "exec $fd</proc/self/ns/mnt"
      ERAS_HOST_MOUNTS=$fd
      export ERAS_HOST_MOUNTS
      exec unshare --mount --propagation slave -- sh -c 'mount --bind -o ro "$1" "$1" && exec "$@"' sh "$@"
    fi
  done
fi
exec "$@"
