import { deleteJson, getJson, postJson } from '../live/http';

const path = (session: string, rest = '') => `/api/sessions/${encodeURIComponent(session)}${rest}`;

/** A plan on the server's shelf. */
export interface PlanOffer {
  key: string;
  name: string;
  programme: string;
  minutes: number;
  blocks: { id: string; title: string; kind: string; minutes: number }[];
}

export interface SessionRow {
  session: string;
  title: string;
  programme?: string | null;
  startsAt: string;
  timeZone: string;
  minutes: number;
  stage: 'gathering' | 'running' | 'ended';
  endedAt?: string | null;
  retentionUntil: string;
  isOwner: boolean;
  people: number;
  teams: number;
  came?: number | null;
}

export interface SessionDetail extends SessionRow {
  code: string;
  joinAddress: string;
}

export const sessions = () => getJson<SessionRow[]>('/api/sessions');
export const session = (id: string) => getJson<SessionDetail>(path(id));
export const plans = () => getJson<PlanOffer[]>('/api/plans');
export const make = (asked: { plan: string; title: string; programme: string; startsAt: string; timeZone: string }) =>
  postJson<SessionDetail>('/api/sessions', asked);
export { deleteJson };
