/** The hub's messages, as docs/protocol.md tells them. The shapes of commands and views are in contract.ts. */

/** A view is told apart by its `type`; contract.ts has the closed list. */
export interface AnyView {
  type: string;
}

export interface AnyCommand {
  type: string;
}

export interface Change {
  key: string;
  /** null: what stood under this key is gone. */
  view: AnyView | null;
}

/** What changed for one audience between two positions of the log. */
export interface Show {
  audience: string;
  after: number;
  upTo: number;
  changes: Change[];
}

/** One audience in a snapshot. `whole`: everything that audience holds, so what is not listed is gone. */
export interface AudienceState {
  audience: string;
  upTo: number;
  whole: boolean;
  changes: Change[];
}

/** Answers `Enter` and `Resume`, and is pushed as `Moved` when one's audiences change. Audiences that are not listed are no longer one's own. */
export interface Snapshot {
  session: string;
  person: string;
  isStaff: boolean;
  head: number;
  now: string;
  audiences: AudienceState[];
}

export interface Heads {
  head: number;
  archived: number;
  now: string;
}

export interface Answer {
  kind: 'accepted' | 'alreadySo' | 'refused';
  position?: number | null;
  reason?: string | null;
  /** Why it was refused, in words to show as they are. */
  words?: string | null;
}

export interface Dismissed {
  why: string;
  words: string;
}

/** Lossy, never stored: a pointer, a drag in progress, a typing mark. */
export interface Glimpse {
  [name: string]: unknown;
}

export type Positions = Record<string, number>;
