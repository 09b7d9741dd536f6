import type { Route } from './router.svelte';

/** Every screen by its address, each in a file of its own that is fetched when it is needed. */
export const routes: Route[] = [
  { path: '/', load: () => import('./sessions/Join.svelte') },
  { path: '/join/:code?', load: () => import('./sessions/Join.svelte') },
  { path: '/i/:token', load: () => import('./sessions/Join.svelte') },
  { path: '/s/:session', load: () => import('./sessions/Session.svelte') },
  ...(import.meta.env.DEV
    ? [
        { path: '/gallery', load: () => import('./gallery/Gallery.svelte') },
        { path: '/gallery/:sheet', load: () => import('./gallery/Stage.svelte') },
      ]
    : []),
];
