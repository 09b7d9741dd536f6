import type { Keep } from './keep';
import { newId } from './ids';
import type { Answer, Command } from './wire';

export interface Waiting {
  number: number;
  command: Command;
  /** The device's time when it was asked. */
  at: number;
}

interface Kept {
  next: number;
  waiting: Waiting[];
}

/** Sends one command with its instance and number. Rejects when there is no answer (the line broke): it is sent again later. */
export type Send = (message: { instance: string; number: number; command: Command }) => Promise<Answer>;

export interface OutboxOptions {
  session: string;
  keep: Keep;
  /** Kept for this tab only (sessionStorage): which instance this tab is. */
  tab: Keep;
  send: Send;
  /** Claims an instance for as long as the page lives; false when another tab has it. */
  claim?: (instance: string) => Promise<boolean>;
  now?: () => number;
  /** A refusal of a command from before a reload: nobody is waiting for its answer any more. */
  onRefused?: (command: Command, answer: Answer) => void;
}

const tries = 5;
const longest = 5_000;
/** The longest pause after an answer: a server without its log keeps one waiting itself. */
const soon = 1_000;

/** SignalR passes on what the server means to be read, and nothing of any other fault. */
const isSaidByServer = (error: unknown): boolean => error instanceof Error && error.message.includes('HubException: ');

/**
 * Commands that the server has not answered. Each is on the device before it is sent; they go one at a time and in order, and a resend carries the
 * same instance and number, so that the server can tell it from a new one. Commands of a tab that is gone are sent under that tab's instance.
 */
export class Outbox {
  waiting = $state<Waiting[]>([]);
  /** How many were answered since the line came back. */
  sentSince = $state(0);
  instance = '';
  #options: Required<Omit<OutboxOptions, 'onRefused'>> & Pick<OutboxOptions, 'onRefused'>;
  #next = 1;
  #answers = new Map<number, (answer: Answer) => void>();
  #open = false;
  #busy: Promise<void> | null = null;
  #orphans: string[] = [];

  constructor(options: OutboxOptions) {
    this.#options = { claim: async () => true, now: Date.now, ...options };
  }

  /** Finds this tab's instance, or makes one, and what earlier pages left behind. */
  async begin(): Promise<void> {
    const { session, tab, keep, claim } = this.#options;
    const was = tab.get(`ls:instance:${session}`);
    const kept = was ? this.#read(was) : null;
    // Without its record an instance is of no use: its numbers would begin again and be taken for resends.
    if (was && kept && (await claim(was))) {
      this.instance = was;
      this.#next = kept.next;
      this.waiting = kept.waiting;
    } else {
      this.instance = newId();
      await claim(this.instance);
      tab.set(`ls:instance:${session}`, this.instance);
      this.#write();
    }
    for (const key of keep.keys(this.#key(''))) {
      const instance = key.slice(this.#key('').length);
      if (instance === this.instance || !(await claim(instance))) continue;
      if (this.#read(instance)?.waiting.length) this.#orphans.push(instance);
      else keep.remove(key);
    }
  }

  /** Puts a command in line. The promise ends when the server has answered, also after a drop; not when the page is left. */
  ask(command: Command): Promise<Answer> {
    const one: Waiting = { number: this.#next++, command, at: this.#options.now() };
    this.waiting = [...this.waiting, one];
    this.#write();
    const answered = new Promise<Answer>((done) => this.#answers.set(one.number, done));
    this.#pump();
    return answered;
  }

  /** The line is there: send what waits. */
  open(): void {
    this.#open = true;
    this.sentSince = 0;
    this.#pump();
  }

  close(): void {
    this.#open = false;
  }

  /** For tests and for leaving: ends when nothing is being sent. */
  async settled(): Promise<void> {
    while (this.#busy) await this.#busy;
  }

  #pump(): void {
    this.#busy ??= this.#run().finally(() => {
      this.#busy = null;
      if (this.#open && this.waiting.length) this.#pump();
    });
  }

  async #run(): Promise<void> {
    while (this.#open && this.#orphans[0]) {
      if (!(await this.#sendOrphan(this.#orphans[0]))) return;
      this.#orphans.shift();
    }
    while (this.#open && this.waiting[0]) {
      const one = this.waiting[0];
      const answer = await this.#send(this.instance, one);
      if (!answer) return;
      this.waiting = this.waiting.filter((other) => other.number !== one.number);
      this.sentSince++;
      this.#write();
      const done = this.#answers.get(one.number);
      this.#answers.delete(one.number);
      if (done) done(answer);
      else if (answer.kind === 'refused') this.#options.onRefused?.(one.command, answer);
    }
  }

  async #sendOrphan(instance: string): Promise<boolean> {
    const { keep, onRefused } = this.#options;
    for (let kept = this.#read(instance); kept?.waiting[0];) {
      const [one, ...rest] = kept.waiting as [Waiting, ...Waiting[]];
      const answer = await this.#send(instance, one);
      if (!answer) return false;
      if (answer.kind === 'refused') onRefused?.(one.command, answer);
      this.sentSince++;
      kept = { ...kept, waiting: rest };
      keep.set(this.#key(instance), JSON.stringify(kept));
    }
    keep.remove(this.#key(instance));
    return true;
  }

  /**
   * null: no answer, and the line is to blame. What the server cannot save now, and says so, is sent again for as long as it takes. A command that it cannot take at all is set aside after five tries,
   * with its reason.
   */
  async #send(instance: string, one: Waiting): Promise<Answer | null> {
    for (let failed = 0, untaken = 0; this.#open;) {
      try {
        return await this.#options.send({
          instance,
          number: one.number,
          command: $state.snapshot(one.command) as Command,
        });
      } catch (error) {
        if (!this.#open) return null;
        failed++;
        if (!isSaidByServer(error) && ++untaken === tries)
          return {
            kind: 'refused',
            reason: 'notTaken',
            words: 'The server could not take this. Your words are still on this device.',
          };
        const most = Math.min(isSaidByServer(error) ? soon : longest, 200 * 2 ** failed);
        await new Promise((wait) => setTimeout(wait, most * Math.random()));
      }
    }
    return null;
  }

  #key(instance: string): string {
    return `ls:outbox:${this.#options.session}:${instance}`;
  }

  #read(instance: string): Kept | null {
    try {
      const kept = JSON.parse(this.#options.keep.get(this.#key(instance)) ?? 'null') as Kept | null;
      return kept && Number.isInteger(kept.next) && Array.isArray(kept.waiting) ? kept : null;
    } catch {
      return null;
    }
  }

  #write(): void {
    const kept: Kept = { next: this.#next, waiting: this.waiting };
    this.#options.keep.set(this.#key(this.instance), JSON.stringify(kept));
  }
}
