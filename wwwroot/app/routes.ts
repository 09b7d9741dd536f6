import type { Route } from './router.svelte';

/** Every screen by its address, each in a file of its own that is fetched when it is needed. */
export const routes: Route[] = [
  { path: '/', load: () => import('./sessions/Join.svelte') },
  { path: '/join/:code?', load: () => import('./sessions/Join.svelte') },
  { path: '/i/:token', load: () => import('./sessions/Join.svelte') },
  { path: '/s/:session', load: () => import('./sessions/Session.svelte') },
  { path: '/setup/:token', load: () => import('./access/SetUp.svelte') },
  { path: '/invitation/:token', load: () => import('./access/Invited.svelte') },
  { path: '/signin', load: () => import('./access/SignIn.svelte') },
  { path: '/account', load: () => import('./access/Account.svelte') },
  { path: '/host', load: () => import('./sessions/Host.svelte') },
  { path: '/host/new/:plan?', load: () => import('./sessions/NewSession.svelte') },
  { path: '/host/:session', load: () => import('./sessions/SessionPage.svelte') },
  { path: '/review/:session?/:conversation?', load: () => import('./transcripts/Review.svelte') },
  ...(import.meta.env.DEV
    ? [
        { path: '/gallery', load: () => import('./gallery/Gallery.svelte') },
        { path: '/gallery/staff/:moment?', load: () => import('./dev/Moments.svelte') },
        { path: '/gallery/:sheet', load: () => import('./gallery/Stage.svelte') },
      ]
    : []),
];
