import { getJson, postJson, Refused } from '../live/http';
import { place } from '../router.svelte';

/** Somebody who signs in: a host, a co-facilitator, an instructor. */
export interface Account {
  id: string;
  name: string;
  email: string;
}

/** What a link that makes an account is for. */
export interface AccountLink {
  kind: 'setUp' | 'invitation';
  invitedBy?: string | null;
  until: string;
}

export const me = async () => (await getJson<{ account: Account | null }>('/api/me')).account;
export const signIn = (asked: { email: string; password: string }) =>
  postJson<{ account: Account }>('/api/signin', asked);
/** As `Passwords` of the server has it. */
export const shortestPassword = 12;
export const passwordHint = `At least ${shortestPassword} characters; 15 or more are better. Three or four words that do not belong together are good. You may paste it.`;
export const changePassword = (current: string, fresh: string) => postJson('/api/me/password', { current, new: fresh });
export const signOutEverywhere = () => postJson('/api/signout', { everywhere: true });
export const signOut = () => postJson('/api/signout', { everywhere: false });
export const invite = () => postJson<{ link: string; until: string }>('/api/invitations');

const linkPath = (kind: 'setup' | 'invitation', token: string) =>
  `/api/${kind === 'setup' ? 'setup' : 'invitations'}/${encodeURIComponent(token)}`;
export const look = (kind: 'setup' | 'invitation', token: string) => getJson<AccountLink>(linkPath(kind, token));
export const signUp = (
  kind: 'setup' | 'invitation',
  token: string,
  asked: { name: string; email: string; password: string },
) => postJson<{ account: Account }>(linkPath(kind, token), asked);

export function wordsOf(fault: unknown): string {
  return fault instanceof Refused ? fault.message : 'That did not work. Please try again.';
}

/** Where to go after signing in: only an address of this site. */
export function afterwards(search: string = location.search): string {
  const next = new URLSearchParams(search).get('next') ?? '';
  return /^\/(?![/\\])/.test(next) ? next : '/host';
}

/** The account, or the way to the sign-in page and back. */
export async function needAccount(): Promise<Account | null> {
  const account = await me();
  if (!account) toSignIn();
  return account;
}

export function toSignIn(): void {
  place.go(`/signin?next=${encodeURIComponent(location.pathname)}`, true);
}
