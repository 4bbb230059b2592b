import type { Route } from './route.ts';

/** What a path and method lead to. */
export type Found =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'nothing' };

interface Pattern {
  readonly route: Route;
  /** One expression or text a segment; a text is equal or it is not. */
  readonly segments: readonly (string | RegExp)[];
}

/**
 * Finds the route of a request. Segments are decoded exactly once, after the path was split,
 * so that an encoded slash stays inside its segment.
 */
export const createRouter = (routes: readonly Route[]): ((method: string, path: string) => Found) => {
  const patterns = routes.map((route): Pattern => ({ route, segments: route.path.split('/').map(toMatcher) }));
  return (method, path) => {
    const segments = decode(path.split('/'));
    if (segments === null) return { kind: 'nothing' };
    const allow: string[] = [];
    for (const pattern of patterns) {
      const params = match(pattern, segments);
      if (params === null) continue;
      if (pattern.route.method === method) return { kind: 'route', route: pattern.route, params };
      allow.push(pattern.route.method);
    }
    return allow.length > 0 ? { kind: 'method', allow } : { kind: 'nothing' };
  };
};

const toMatcher = (segment: string): string | RegExp =>
  segment.includes('{') ? new RegExp(`^${segment.replace(/\{(\w+)\}/g, '(?<$1>[^:]+)')}$`) : segment;

const decode = (segments: readonly string[]): readonly string[] | null => {
  try {
    return segments.map((segment) => (segment.includes('%') ? decodeURIComponent(segment) : segment));
  } catch {
    // Not an encoding of anything, so nothing is at this path.
    return null;
  }
};

const match = ({ segments }: Pattern, given: readonly string[]): Record<string, string> | null => {
  if (segments.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const value = given[at] ?? '';
    if (typeof segment === 'string') {
      if (segment !== value) return null;
    } else {
      const found = segment.exec(value);
      if (found === null) return null;
      Object.assign(params, found.groups);
    }
  }
  return params;
};
