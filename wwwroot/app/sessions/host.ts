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

/** How copying to another disk stands. */
export interface BackupStatus {
  kind: 'none' | 'folder' | 'elsewhere';
  /** What happened until then is copied. */
  at?: string | null;
  /** Why nothing is copied just now, in a sentence. */
  trouble?: string | null;
}

export interface SessionRow {
  session: string;
  title: string;
  programme?: string | null;
  startsAt: string;
  timeZone: string;
  minutes: number;
  stage: 'gathering' | 'running' | 'ended';
  startedAt?: string | null;
  endedAt?: string | null;
  retentionUntil: string;
  isOwner: boolean;
  /** On the roster. */
  people: number;
  teams: number;
  /** Who took a seat so far. */
  came: number;
}

export interface SessionDetail extends SessionRow {
  plan: string;
  code: string;
  joinAddress: string;
  staff: StaffRow[];
  /** For the owner only. */
  grants?: GrantRow[] | null;
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

export interface RosterPersonRow {
  person: string;
  team: string;
  teamName: string;
  name: string;
  email?: string | null;
  hasLink: boolean;
  came: boolean;
  /** Only in the answer that made it: a link is shown once. */
  link?: string | null;
}

export interface RosterAnswer {
  people: RosterPersonRow[];
  added: number;
  changed: number;
}

/** A line of the list that was not taken, and why. Line 0 speaks of the whole list. */
export interface LineFault {
  line: number;
  words: string;
}

export const sessions = () => getJson<SessionRow[]>('/api/sessions');
export const session = (id: string) => getJson<SessionDetail>(path(id));
export const backup = () => getJson<BackupStatus>('/api/backup');

export const plans = () => getJson<PlanOffer[]>('/api/plans');
export const make = (asked: { plan: string; title: string; programme: string; startsAt: string; timeZone: string }) =>
  postJson<SessionDetail>('/api/sessions', asked);

export const roster = (id: string) => getJson<RosterAnswer>(path(id, '/roster'));
export const enterRoster = (id: string, csv: string) => postJson<RosterAnswer>(path(id, '/roster'), { csv });
/** A new link for one person, or for everybody; earlier ones stop working. */
export const newLinks = (id: string, person?: string) =>
  postJson<RosterAnswer>(path(id, person === undefined ? '/links' : `/links/${encodeURIComponent(person)}`));

export const addStaff = (id: string, email: string) => postJson(path(id, '/staff'), { email });
export const removeStaff = (id: string, account: string) =>
  deleteJson(path(id, `/staff/${encodeURIComponent(account)}`));

export const addGrant = (id: string, asked: { email: string; until: string; mayExport: boolean }) =>
  postJson<GrantRow>(path(id, '/grants'), asked);
export const removeGrant = (id: string, grant: string) => deleteJson(path(id, `/grants/${encodeURIComponent(grant)}`));
