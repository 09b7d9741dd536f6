import { getJson } from '../live/http';

/** A session whose conversations one may read. */
export interface ReviewSession {
  session: string;
  title: string;
  programme?: string | null;
  startsAt: string;
  timeZone: string;
  retentionUntil: string;
  mayExport: boolean;
  conversations: number;
  lines: number;
}

export interface ReviewPhase {
  id: string;
  type: string;
  prompt: string;
  followUps: string[];
  startedAt?: string | null;
  endedAt?: string | null;
}

export interface ReviewConversation {
  id: string;
  room: string;
  roomName: string;
  exerciseKey?: string | null;
  exerciseName?: string | null;
  labelled?: string | null;
  startedAt: string;
  endedAt?: string | null;
  people: number;
  phases: ReviewPhase[];
  columns: { id: string; title: string }[];
  /** Turns and notes by phase id. */
  counts: Record<string, number>;
}

export interface ReviewDetail extends ReviewSession {
  rooms: ReviewConversation[];
}

export type LineKind =
  'prompt' | 'turn' | 'pass' | 'note' | 'move' | 'poll' | 'role' | 'presence' | 'help' | 'clock' | 'message';

export interface Line {
  id: string;
  at: string;
  phase?: string | null;
  kind: LineKind;
  speaker?: string | null;
  speakerRole?: string | null;
  writtenBy?: string | null;
  text: string;
  form?: string | null;
  column?: string | null;
  colour?: string | null;
  staysInRoom: boolean;
  mayQuote: boolean;
  isFinal: boolean;
  /** `left`: how many wordings that followed this one are left out. */
  earlier: { at: string; text: string; left: number }[];
}

export interface Hit {
  session: string;
  conversation: string;
  roomName: string;
  line: string;
  kind: LineKind;
  phase?: string | null;
  at: string;
  speaker?: string | null;
  /** The words around, in pieces; those found are marked. */
  parts: { text: string; found: boolean }[];
}

const path = (...parts: string[]) => '/api/review/' + parts.map(encodeURIComponent).join('/');

export const reviewable = () => getJson<ReviewSession[]>(path('sessions'));
export const reviewSession = (session: string) => getJson<ReviewDetail>(path('sessions', session));
export const conversation = (session: string, id: string) =>
  getJson<{ lines: Line[] }>(path('sessions', session, 'conversations', id));
export const search = (query: string, session: string, signal: AbortSignal) =>
  getJson<{ total: number; conversations: number; hits: Hit[] }>(
    `${path('search')}?${new URLSearchParams({ q: query, session })}`,
    signal,
  );
export const exportPath = (session: string, format: 'md' | 'csv' | 'json', one?: string) =>
  `${one === undefined ? path('sessions', session, 'export') : path('sessions', session, 'conversations', one, 'export')}?format=${format}`;
