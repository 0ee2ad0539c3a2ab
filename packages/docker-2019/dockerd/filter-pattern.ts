/**
 * What names a filter's value means: those that are so, or those in which the regular expression is found. What is no expression is only itself.
 *
 * @see https://pkg.go.dev/github.com/docker/docker@v20.10.24+incompatible/api/types/filters#Args.Match
 */
export function filterPattern(value: string): (name: string) => boolean {
  try {
    const expression = new RegExp(value);
    return (name) => name === value || expression.test(name);
  } catch {
    return (name) => name === value;
  }
}
