import type { SavingState } from '../parts/Saving.svelte';
import { counted } from '../parts/words';
import { Clock } from './clock.svelte';
import { Connection, type Hub } from './connection';
import { Drafts } from './drafts.svelte';
import { deviceKeep, type Keep } from './keep';
import { Outbox } from './outbox.svelte';
import { Store } from './store.svelte';
import type { Answer, Command, Dismissed, Glimpse, Glimpsed, Heads, Show, Snapshot } from './wire';

/** `waiting`: the first line is being made. `noSeat`: this browser has no seat in the session. */
export type LineState = 'waiting' | 'live' | 'reconnecting' | 'dismissed' | 'noSeat';

export interface LiveOptions {
  session: string;
  hub: (session: string) => Hub;
  /** Renews the seat: who one is, or null when there is no seat here. Rejects when the server cannot be reached. */
  seat: (session: string) => Promise<{ person: string } | null>;
  keep?: Keep;
  tab?: Keep;
  claim?: (instance: string) => Promise<boolean>;
}

const earlyFor = 300;
const behindFor = 2_500;
const mostBehind = 20_000;

/** Everything a screen needs of a session: the views, the time, drafts, and a way to ask. */
export class Live {
  readonly session: string;
  readonly store = new Store();
  readonly clock = new Clock();
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  line = $state<LineState>('waiting');
  person = $state('');
  isStaff = $state(false);
  dismissal = $state<Dismissed | null>(null);
  /** Up to where the transcript store holds the log, and where the log stands. */
  archived = $state(0);
  head = $state(0);
  /** How many seconds the page has been behind; 0 when it is not. */
  behind = $state(0);
  /** Refusals nobody is waiting for any more, told once. */
  onRefused: (command: Command, answer: Answer) => void = () => undefined;

  #options: LiveOptions;
  #connection: Connection | null = null;
  #glimpses = new Set<(glimpsed: Glimpsed) => void>();
  #holeTimer: ReturnType<typeof setTimeout> | undefined;
  #behindSince: number | null = null;
  #patience = behindFor;
  #seen = 0;
  #oldest = $state(0);
  #back = $state<{ sent: string | null } | null>(null);
  #ends: (() => void)[] = [];

  constructor(options: LiveOptions) {
    this.#options = options;
    this.session = options.session;
    const keep = options.keep ?? deviceKeep();
    this.drafts = new Drafts(keep, options.session);
    this.outbox = new Outbox({
      session: options.session,
      keep,
      tab: options.tab ?? deviceKeep(() => sessionStorage),
      claim: options.claim ?? claimed,
      send: (message) => this.#line().act(message),
      onRefused: (command, answer) => this.onRefused(command, answer),
    });
  }

  /** What the corner of the screen says about saving and the line. */
  get saving(): SavingState {
    if (this.line === 'reconnecting') return { is: 'reconnecting' };
    // Looked at twice a second, so a person is told well within three.
    if (this.#oldest >= 2) return { is: 'notSaved' };
    if (this.behind > 0) return { is: 'catchingUp', seconds: this.behind };
    if (this.#oldest >= 1) return { is: 'saving' };
    if (this.#back) return { is: 'back', sent: this.#back.sent };
    return { is: 'saved' };
  }

  /** Asks for something. Never rejects: it waits for the line as long as it takes. */
  ask(command: Command): Promise<Answer> {
    return this.outbox.ask(command);
  }

  /** Lossy and never stored. */
  glimpse(glimpse: Glimpse): void {
    this.#connection?.glimpse(glimpse);
  }

  onGlimpse(heard: (glimpsed: Glimpsed) => void): () => void {
    this.#glimpses.add(heard);
    return () => this.#glimpses.delete(heard);
  }

  async start(): Promise<void> {
    await this.outbox.begin();
    this.#ends.push(this.clock.start());
    const second = setInterval(() => this.#tick(), 500);
    const wake = () => this.#connection?.nudge();
    const seen = () => document.visibilityState === 'visible' && wake();
    addEventListener('online', wake);
    document.addEventListener('visibilitychange', seen);
    this.#ends.push(
      () => clearInterval(second),
      () => removeEventListener('online', wake),
      () => document.removeEventListener('visibilitychange', seen),
    );
    for (let wait = 300; ; wait = Math.min(5_000, wait * 2)) {
      try {
        if (!(await this.#seated())) return;
        break;
      } catch {
        this.line = 'reconnecting';
        await new Promise((done) => setTimeout(done, wait * Math.random() + 200));
      }
    }
    this.#connection = new Connection({
      hub: () => this.#options.hub(this.session),
      instance: this.outbox.instance,
      positions: () => this.store.positions,
      renew: () => this.#seated(),
      heard: {
        show: (show) => this.#show(show),
        snapshot: (snapshot, fresh) => this.#snapshot(snapshot, fresh),
        heads: (heads) => this.#heads(heads),
        glimpsed: (glimpsed) => this.#glimpses.forEach((heard) => heard(glimpsed)),
        dismissed: (dismissed) => {
          this.dismissal = dismissed;
          this.line = 'dismissed';
        },
        leaving: () => this.outbox.close(),
        open: () => this.#opened(),
        lost: () => this.#lost(),
      },
    });
    await this.#connection.run();
  }

  async leave(): Promise<void> {
    this.outbox.close();
    this.#ends.splice(0).forEach((end) => end());
    clearTimeout(this.#holeTimer);
    await this.#connection?.leave();
  }

  async #seated(): Promise<boolean> {
    const seat = await this.#options.seat(this.session);
    if (!seat) this.line = 'noSeat';
    return !!seat;
  }

  #line(): Connection {
    if (!this.#connection) throw new Error('The line is down.');
    return this.#connection;
  }

  #show(show: Show): void {
    const taken = this.store.take(show);
    if (taken === 'applied') this.#heardNews();
    if (this.store.hasHole) this.#holeTimer ??= setTimeout(() => this.#fillHole(), earlyFor);
    else this.#noHole();
  }

  #fillHole(): void {
    this.#holeTimer = undefined;
    if (this.store.hasHole) void this.#connection?.resume();
  }

  #noHole(): void {
    clearTimeout(this.#holeTimer);
    this.#holeTimer = undefined;
  }

  #snapshot(snapshot: Snapshot, fresh: boolean): void {
    const news = snapshot.audiences.some((one) => one.changes.length > 0);
    this.clock.heard(snapshot.now);
    this.person = snapshot.person;
    this.isStaff = snapshot.isStaff;
    this.archived = snapshot.archived;
    this.head = Math.max(fresh ? 0 : this.head, snapshot.head);
    this.store.takeSnapshot(snapshot, fresh);
    this.#seen = fresh ? snapshot.head : Math.max(this.#seen, snapshot.head);
    if (news) this.#patience = behindFor;
    this.#behindSince = null;
    this.behind = 0;
    if (!this.store.hasHole) this.#noHole();
  }

  #heardNews(): void {
    this.#seen = Math.max(this.#seen, this.store.seen);
    this.#patience = behindFor;
    this.#behindSince = null;
    this.behind = 0;
  }

  #heads(heads: Heads): void {
    this.clock.heard(heads.now);
    this.archived = heads.archived;
    this.head = heads.head;
    if (heads.head <= this.#seen) this.#behindSince = null;
    else this.#behindSince ??= Date.now();
  }

  /**
   * The log moved on and nothing came: either it was not for us, or the last message was lost. Ask; and ask less often while the answer is
   * that it was not for us.
   */
  #tick(): void {
    const now = Date.now();
    const oldest = this.outbox.waiting[0]?.at;
    this.#oldest = oldest === undefined ? 0 : (now - oldest) / 1_000;
    if (!this.#connection?.isOpen || this.#behindSince === null) return;
    const waited = now - this.#behindSince;
    if (waited < this.#patience) return;
    this.#patience = Math.min(mostBehind, this.#patience * 2);
    const since = this.#behindSince;
    this.#behindSince = now;
    const slow = setInterval(() => (this.behind = Math.round((Date.now() - since) / 1_000)), 1_000);
    void this.#connection.resume().finally(() => {
      clearInterval(slow);
      this.behind = 0;
    });
  }

  #opened(): void {
    const waited = this.outbox.waiting.length;
    const notes = this.outbox.waiting.filter((one) => /note/i.test(one.command.type)).length;
    const wasLost = this.line === 'reconnecting';
    this.line = 'live';
    this.outbox.open();
    if (!wasLost) return;
    const sent = waited === 0 ? null : notes === waited ? counted(notes, 'note') : counted(waited, 'change');
    const back = { sent };
    this.#back = back;
    setTimeout(() => this.#back === back && (this.#back = null), 8_000);
  }

  #lost(): void {
    this.outbox.close();
    this.behind = 0;
    this.#behindSince = null;
    if (this.line === 'live' || this.line === 'waiting') this.line = 'reconnecting';
  }
}

/** One page at a time has an instance. Without locks (plain http in a local network) the tab's own storage has to do. */
function claimed(instance: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((known) => {
    navigator.locks
      .request(`ls-instance-${instance}`, { ifAvailable: true }, (lock) => {
        known(lock !== null);
        return lock ? new Promise<void>(() => undefined) : undefined;
      })
      .catch(() => known(true));
  });
}
