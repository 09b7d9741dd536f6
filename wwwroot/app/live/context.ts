import { createContext } from 'svelte';
import { messages } from '../parts/messages.svelte';
import type { Live } from './live.svelte';
import type { Command } from './wire';

/** The session of the screen one is in: set by the session's page, read by every part of it. */
export const [useLive, setLive] = createContext<Live>();

/** Asks, and shows the words of a refusal. True: it is so now. */
export async function ask(live: Live, command: Command): Promise<boolean> {
  const answer = await live.ask(command);
  if (answer.kind !== 'refused') return true;
  messages.trouble(answer.words ?? 'That was not possible just now.');
  return false;
}

export function nameOf(live: Live, person: string | null | undefined): string {
  return (person && live.store.at('person', person)?.name) || 'Somebody';
}

/** "Hao Tran (you)". */
export function nameAndYou(live: Live, person: string): string {
  return person === live.person ? `${nameOf(live, person)} (you)` : nameOf(live, person);
}
