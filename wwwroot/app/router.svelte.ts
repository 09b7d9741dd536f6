import type { Component } from 'svelte';

/** What is in the address: `/s/:session` gives `{ session }`. */
export type Params = Record<string, string>;

export interface Route {
  /** `:name` is one part of the path; `:name?` may be missing. */
  path: string;
  load: () => Promise<{ default: Component<never> }>;
}

export function match(pattern: string, path: string): Params | null {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  if (have.length > want.length) return null;
  const params: Params = {};
  for (const [index, part] of want.entries()) {
    const given = have[index];
    if (part.startsWith(':')) {
      if (given === undefined && !part.endsWith('?')) return null;
      if (given !== undefined) params[part.replace(/^:|\?$/g, '')] = decoded(given);
    } else if (part !== given) return null;
  }
  return params;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

class Place {
  path = $state(location.pathname);

  go(path: string, replace = false): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', path);
    this.path = location.pathname;
    scrollTo(0, 0);
  }
}

export const place = new Place();

addEventListener('popstate', () => (place.path = location.pathname));

/** Links inside the site change the page without loading it anew. */
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element).closest('a');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.hash) return;
  if (link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  place.go(link.pathname + link.search + link.hash);
});
