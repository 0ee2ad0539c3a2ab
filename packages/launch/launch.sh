# Sourced by the executables of bin/, which set `self`, their own path, `main`, the program below packages/, and `flags` for Node. Starts
# it on the pinned Node. Forks nothing: this is part of every run of a container.
case $self in /*) ;; *) self=$PWD/$self ;; esac
clone=${self%/bin/*}
node=$clone/node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "${self##*/}: $clone/node_modules is missing: run \"npx -y pnpm@12 install\" in $clone" >&2
  exit 1
fi
exec "$node" $flags "$clone/packages/launch/launch.cjs" "$clone/packages/$main" "$@"
