import type { Component } from 'svelte';

/** The screen of those who lead a session, fetched only by them. */
export const staffScreen = (): Promise<{ default: Component<Record<string, never>> }> => import('../plan/Staff.svelte');
