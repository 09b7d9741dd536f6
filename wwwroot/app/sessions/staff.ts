import type { Component } from 'svelte';

/** The screen of those who lead a session, fetched only by them; null while there is none: they see what everyone sees. */
export const staffScreen: (() => Promise<{ default: Component<Record<string, never>> }>) | null = null;
