/** The few questions that are asked over HTTP. A refusal carries words that are shown as they are. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    words: string,
    /** The whole answer, for those who know more than its words. */
    readonly told: unknown = null,
  ) {
    super(words);
  }
}

export const unreachable =
  'The server cannot be reached just now. What you typed is still here; try again in a moment.';

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return asked<T>(path, { signal });
}

export async function postJson<T>(path: string, body?: object): Promise<T> {
  return asked<T>(path, {
    method: 'POST',
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
}

export async function deleteJson<T>(path: string): Promise<T> {
  return asked<T>(path, { method: 'DELETE' });
}

async function asked<T>(path: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...request });
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault;
    throw new Refused(0, unreachable);
  }
  const text = await response.text();
  const told = text && /json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as unknown) : null;
  if (response.ok) return told as T;
  const detail = (told as { detail?: string } | null)?.detail;
  throw new Refused(
    response.status,
    detail || (response.status >= 500 ? unreachable : 'That did not work. Please try again.'),
    told,
  );
}

/** The seat's cookie, renewed on each load. */
export async function seat(session: string): Promise<{ person: string } | null> {
  try {
    return await postJson(`/api/sessions/${encodeURIComponent(session)}/seat`);
  } catch (fault) {
    if (fault instanceof Refused && (fault.status === 401 || fault.status === 403 || fault.status === 404)) return null;
    throw fault;
  }
}
