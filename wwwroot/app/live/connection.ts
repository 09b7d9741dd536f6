import { allPlain, canUnpack, unpacked } from './unpack';
import type { Answer, Dismissed, Glimpse, Glimpsed, Heads, Leaving, Positions, Show, Snapshot } from './wire';

/** The hub, as a caller sees it. The real one is made by `hubOf`; tests bring their own. */
export interface Hub {
  start(): Promise<void>;
  stop(): Promise<void>;
  call<T>(method: 'Enter' | 'Act' | 'Resume', message: object): Promise<T>;
  tell(method: 'Glimpse', message: object): Promise<void>;
  on(method: 'Show' | 'Heads' | 'Moved' | 'Glimpsed' | 'Leaving' | 'Dismissed', heard: (message: never) => void): void;
  onClosed(closed: () => void): void;
}

export interface Heard {
  show(show: Show): void;
  snapshot(snapshot: Snapshot, fresh: boolean): void;
  heads(heads: Heads): void;
  glimpsed(glimpsed: Glimpsed): void;
  dismissed(dismissed: Dismissed): void;
  /** The server is about to end: what was sent is still answered, nothing more is sent on this line. */
  leaving(leaving: Leaving): void;
  /** The line is there and the first snapshot was taken. */
  open(): void;
  lost(): void;
}

export interface ConnectionOptions {
  hub: () => Hub;
  instance: string;
  positions: () => Positions;
  heard: Heard;
  /** Makes sure of the seat before another try; false: there is no seat any more. */
  renew: () => Promise<boolean>;
  wait?: (ms: number) => Promise<void>;
  random?: () => number;
}

const [shortest, longest] = [200, 5_000];
/** A server that is there, and cannot let anybody in without its log, keeps them waiting itself: it is asked again soon. */
const soon = 1_000;

/**
 * One line to the server, made again for as long as the page lives. The waits grow from 0.2 s to 5 s with full jitter, so that a thousand
 * browsers do not come back in one moment; a device that wakes or finds its network tries at once.
 */
export class Connection {
  #options: Required<ConnectionOptions>;
  #hub: Hub | null = null;
  #entered = false;
  #over = false;
  #held: (() => void | Promise<void>)[] = [];
  #telling = false;
  /** How long the log was when one was last moved to another room on this line. */
  #movedAt = 0;
  #nudge: () => void = () => undefined;
  #resuming: Promise<void> | null = null;
  /** Calls without an answer. */
  #calling = 0;
  #answered: () => void = () => undefined;

  constructor(options: ConnectionOptions) {
    this.#options = { wait: (ms) => new Promise((done) => setTimeout(done, ms)), random: Math.random, ...options };
  }

  get isOpen(): boolean {
    return this.#entered;
  }

  /** Ends only when the line is given up for good: left, dismissed, or no seat. */
  async run(): Promise<void> {
    for (let failed = 0, wasThere = false; !this.#over;) {
      if (failed > 0) await this.#pause(failed, wasThere ? soon : longest);
      if (this.#over) return;
      if (failed % 3 === 2 && !(await this.#options.renew().catch(() => true))) return;
      const closed = await this.#once();
      failed = closed.wasOpen ? 1 : failed + 1;
      wasThere = closed.wasThere;
    }
  }

  act(message: object): Promise<Answer> {
    return this.#call<Answer>(this.#need(), 'Act', message);
  }

  glimpse(glimpse: Glimpse): void {
    if (this.#entered) this.#hub?.tell('Glimpse', glimpse).catch(() => undefined);
  }

  /** Asks what changed since; one question at a time. */
  resume(): Promise<void> {
    this.#resuming ??= this.#resume().finally(() => (this.#resuming = null));
    return this.#resuming;
  }

  /** Try now, if a try is being waited for. */
  nudge(): void {
    this.#nudge();
  }

  async leave(): Promise<void> {
    this.#over = true;
    this.#nudge();
    await this.#hub?.stop().catch(() => undefined);
  }

  async #resume(): Promise<void> {
    try {
      const hub = this.#need();
      for (let tries = 0; tries < 3; tries++) {
        const snapshot = await this.#call<Snapshot>(hub, 'Resume', { positions: this.#options.positions() });
        if (hub !== this.#hub) return;
        // An answer made before one was moved knows nothing of the new room, and would take it away again.
        if (snapshot.head >= this.#movedAt) return this.#options.heard.snapshot(snapshot, false);
      }
    } catch {
      // the line broke: coming back asks again
    }
  }

  async #once(): Promise<{ wasThere: boolean; wasOpen: boolean }> {
    const { heard } = this.#options;
    const hub = this.#options.hub();
    this.#hub = hub;
    this.#held = [];
    this.#movedAt = 0;
    let [wasThere, wasOpen, isLeaving] = [false, false, false];
    const closed = new Promise<void>((done) => hub.onClosed(done));
    hub.on('Show', (show: Show) => {
      if (!show.packed) return this.#inOrder(() => heard.show(show));
      this.#inOrderOnce(hub, allPlain(show), heard.show);
    });
    hub.on('Heads', (heads: Heads) => heard.heads(heads));
    hub.on('Moved', (snapshot: Snapshot) => {
      this.#movedAt = Math.max(this.#movedAt, snapshot.head);
      if (!snapshot.audiences.some((told) => told.packed)) return this.#inOrder(() => heard.snapshot(snapshot, false));
      this.#inOrderOnce(hub, unpacked(snapshot), (plain) => heard.snapshot(plain, false));
    });
    hub.on('Glimpsed', (glimpsed: Glimpsed) => heard.glimpsed(glimpsed));
    hub.on('Leaving', (leaving: Leaving) => {
      isLeaving = true;
      heard.leaving(leaving);
      void this.#leaveOnceAnswered(hub, leaving.inMilliseconds);
    });
    hub.on('Dismissed', (dismissed: Dismissed) => {
      this.#over = true;
      heard.dismissed(dismissed);
      void hub.stop();
    });
    try {
      await hub.start();
      wasThere = true;
      const positions = this.#options.positions();
      const enter = { instance: this.#options.instance, positions, tables: canUnpack, leaves: true };
      heard.snapshot(await unpacked(await hub.call<Snapshot>('Enter', enter)), true);
      this.#entered = wasOpen = true;
      await this.#tellHeld();
      // What says that the server leaves may overtake the first answer.
      if (!isLeaving) heard.open();
      await closed;
    } catch {
      await hub.stop().catch(() => undefined);
    }
    this.#entered = false;
    this.#hub = null;
    heard.lost();
    return { wasThere, wasOpen };
  }

  async #call<T>(hub: Hub, method: 'Act' | 'Resume', message: object): Promise<T> {
    this.#calling++;
    try {
      return await hub.call<T>(method, message);
    } finally {
      this.#calling--;
      this.#answered();
    }
  }

  /** The server waits for whoever said that they close the line themselves: so no answer is on its way when it is closed, however slow the line. */
  async #leaveOnceAnswered(hub: Hub, ms: number): Promise<void> {
    await this.#options.wait(ms);
    while (this.#calling > 0 && hub === this.#hub) await new Promise<void>((done) => (this.#answered = done));
    if (hub === this.#hub) await hub.stop().catch(() => undefined);
  }

  /** What is told while the first answer, or something told before it, is still on its way or being unpacked, is told after it. */
  #inOrder(tell: () => void | Promise<void>): void {
    this.#held.push(tell);
    if (this.#entered) void this.#tellHeld();
  }

  /** Holds the place of something that is being unpacked. What cannot be unpacked is like a message that was lost: its hole is noticed. */
  #inOrderOnce<T>(hub: Hub, coming: Promise<T>, tell: (come: T) => void): void {
    const come = coming.then(
      (one) => () => void (hub === this.#hub && tell(one)),
      () => () => undefined,
    );
    this.#inOrder(async () => (await come)());
  }

  async #tellHeld(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let tell; this.#entered && (tell = this.#held.shift());) {
        const told = tell();
        if (told) await told;
      }
    } finally {
      this.#telling = false;
    }
  }

  #need(): Hub {
    if (!this.#hub || !this.#entered) throw new Error('The line is down.');
    return this.#hub;
  }

  async #pause(failed: number, atMost: number): Promise<void> {
    const most = Math.min(atMost, shortest * 2 ** failed);
    const nudged = new Promise<void>((done) => (this.#nudge = done));
    await Promise.race([this.#options.wait(shortest + (most - shortest) * this.#options.random()), nudged]);
    this.#nudge = () => undefined;
  }
}
