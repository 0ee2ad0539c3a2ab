# Sourced by the executables of bin/, which set `self`, their own path, and `main`, the program below packages/. Starts it on the pinned
# Node. Forks nothing: this is part of every run of a container.
case $self in /*) ;; *) self=$PWD/$self ;; esac
clone=${self%/bin/*}
node=$clone/node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "${self##*/}: $clone/node_modules is missing: run \"npx -y pnpm@12 install\" in $clone" >&2
  exit 1
fi
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$clone/node_modules/.cache/compile}"
exec "$node" "$clone/packages/launch/launch.cts" "$clone/packages/$main" "$@"
