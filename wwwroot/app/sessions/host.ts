import { deleteJson, getJson, postJson, postText } from '../live/http';

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

export interface RosterPersonRow {
  person: string;
  name: string;
  team: string;
  email?: string | null;
  hasLink: boolean;
  /** Only in the answer that made it: a link is shown once. */
  link?: string | null;
}

/** A line of the list that was not taken, and why. */
export interface LineRefused {
  line: number;
  why: string;
}

export interface StaffRow {
  account: string;
  name: string;
  email: string;
  isOwner: boolean;
}

export interface GrantRow {
  grant: string;
  name: string;
  email: string;
  from: string;
  until: string;
  mayExport: boolean;
}

export const enterRoster = (id: string, csv: string) => postText<RosterPersonRow[]>(path(id, '/roster'), csv);
export const roster = (id: string) => getJson<RosterPersonRow[]>(path(id, '/roster'));
export const newLink = (id: string, person: string) =>
  postJson<{ link: string }>(path(id, `/links/${encodeURIComponent(person)}`));

export const staff = (id: string) => getJson<StaffRow[]>(path(id, '/staff'));
export const addStaff = (id: string, email: string) => postJson<StaffRow>(path(id, '/staff'), { email });
export const removeStaff = (id: string, account: string) =>
  deleteJson(path(id, `/staff/${encodeURIComponent(account)}`));

export const grants = (id: string) => getJson<GrantRow[]>(path(id, '/grants'));
export const addGrant = (id: string, asked: { email: string; until: string; mayExport: boolean }) =>
  postJson<GrantRow>(path(id, '/grants'), asked);
export const removeGrant = (id: string, grant: string) => deleteJson(path(id, `/grants/${encodeURIComponent(grant)}`));
