import { deleteJson, getJson, postJson, Refused } from '../live/http';
import type { Account } from './account';

/** One way to sign in without a password: the device asks for a finger, a face or its own code. */
export interface Passkey {
  id: string;
  name: string;
  madeAt: string;
}

/** Whether this browser can, here: browsers know no passkeys for a bare number as the address, nor without https. */
export const canPasskeys = () =>
  typeof PublicKeyCredential === 'function' &&
  'parseCreationOptionsFromJSON' in PublicKeyCredential &&
  !/^[\d.]+$|^\[/.test(location.hostname);

export const passkeys = () => getJson<Passkey[]>('/api/me/passkeys');
export const removePasskey = (id: string) => deleteJson(`/api/me/passkeys/${encodeURIComponent(id)}`);

/** Asks the device to make one; `current` is the password, which says once more who is asking. */
export async function addPasskey(name: string, current: string): Promise<Passkey[]> {
  const options = await postJson<PublicKeyCredentialCreationOptionsJSON>('/api/me/passkeys/options', { current });
  const made = await asked(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  );
  return postJson('/api/me/passkeys', { name, credential: JSON.stringify(made) });
}

export async function signInByPasskey(): Promise<{ account: Account }> {
  const options = await postJson<PublicKeyCredentialRequestOptionsJSON>('/api/signin/passkey/options');
  const given = await asked(() =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  );
  return postJson('/api/signin/passkey', { credential: JSON.stringify(given) });
}

/** The browser tells the same about "no", "not found" and "too late". */
async function asked(ask: () => Promise<Credential | null>): Promise<Credential> {
  try {
    const given = await ask();
    if (given) return given;
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'InvalidStateError')
      throw new Refused(0, 'This device has a passkey for your account already.');
  }
  throw new Refused(0, 'No passkey was given. Try again, or use your password.');
}
