import { createContext } from 'svelte';
import type { Command, NoteView, PassView, Phase, TurnView } from '../contract';
import type { Live } from '../live/live.svelte';
import { faceOf, stepName } from './phases';

/** A turn or a pass, in the order of time. */
export type Said = { at: string; phase: string; key: string } & (
  { turn: TurnView; pass?: never } | { pass: PassView; turn?: never }
);

const leading = 'facilitator';
const writing = 'note_taker';
const watching = 'observer';

/** What the parts of a room read, gathered from the store. No rule: what may be done is the server's to say; this only decides what is offered. */
export class Room {
  readonly id: string;
  readonly live: Live;
  /** The wall instead of the list. */
  wall = $state(false);
  calm = $state(false);

  constructor(live: Live, id: string) {
    this.live = live;
    this.id = id;
    this.calm = live.drafts.keep.get('ls:calm') === 'yes';
  }

  view = $derived.by(() => this.live.store.at('room', this.id));
  me = $derived.by(() => this.live.store.one('me'));
  exercise = $derived.by(() => this.live.store.one('exercise')?.exercise);
  step = $derived.by(() => this.live.store.at('step', this.id));
  phase = $derived.by((): Phase | undefined => this.exercise?.phases[this.step?.index ?? -1]);
  face = $derived.by(() => (this.phase ? faceOf(this.phase) : null));
  next = $derived.by((): Phase | undefined => (this.step ? this.exercise?.phases[this.step.index + 1] : undefined));
  roles = $derived.by(() => this.live.store.at('roles', this.id));
  floor = $derived.by(() => this.live.store.at('floor', this.id));
  board = $derived.by(() => this.live.store.at('board', this.id));
  poll = $derived.by(() =>
    this.live.store
      .all('poll')
      .filter((one) => one.room === this.id)
      .sort((a, b) => b.openedAt.localeCompare(a.openedAt))
      .at(0),
  );
  zone = $derived.by(() => this.live.store.one('session')?.timeZone);
  isOpen = $derived.by(() => this.view?.isOpen !== false);
  /** Notes of this board in their order, without those still on their way. */
  notes = $derived.by((): NoteView[] =>
    this.live.store
      .all('note')
      .filter((one) => one.room === this.id)
      .sort((a, b) => a.rank - b.rank || a.note.localeCompare(b.note)),
  );
  mine = $derived.by(() => {
    const mine = this.live.store.one('mine');
    return { notes: new Set(mine?.notes), turns: new Set(mine?.turns) };
  });
  /** Notes that the server has not answered yet, as they will look. */
  pending = $derived.by(() => {
    const known = new Set(this.notes.map((one) => one.note));
    return this.live.outbox.waiting.flatMap(({ command, at }) =>
      command.type === 'addNote' &&
      !known.has(command.note) &&
      this.exercise?.board.some((one) => one.id === command.column)
        ? [{ ...command, at }]
        : [],
    );
  });
  pendingTurns = $derived.by(() => {
    const known = new Set(this.turns.map((one) => one.turn));
    return this.live.outbox.waiting.flatMap(({ command }) =>
      command.type === 'writeTurn' && !known.has(command.turn) ? [command] : [],
    );
  });
  turns = $derived.by(() => this.live.store.all('turn').filter((one) => one.room === this.id));
  said = $derived.by((): Said[] =>
    [
      ...this.turns.map((turn): Said => ({ at: turn.at, phase: turn.phase, key: turn.turn, turn })),
      ...this.live.store
        .all('pass')
        .filter((one) => one.room === this.id)
        .map((pass): Said => ({ at: pass.at, phase: pass.phase, key: `pass-${pass.number}`, pass })),
    ].sort((a, b) => a.at.localeCompare(b.at)),
  );

  iLead = $derived.by(() => this.roles?.holders[leading] === this.live.person);
  iWrite = $derived.by(() => this.roles?.holders[writing] === this.live.person);
  iWatch = $derived.by(() => this.roles?.holders[watching] === this.live.person);
  isStaff = $derived.by(() => this.me?.isStaff ?? false);
  leader = $derived.by(() => this.roles?.holders[leading] ?? null);
  writer = $derived.by(() => this.roles?.holders[writing] ?? null);
  /** Whoever leads is not in the room, or nobody leads: anybody may go on. */
  nobodyLeads = $derived.by(() => {
    const leader = this.leader;
    return !leader || !this.view?.members.includes(leader) || this.live.store.at('person', leader)?.here === false;
  });
  /** Going on to the next step is offered. */
  mayGoOn = $derived.by(() => this.isOpen && (this.iLead || this.isStaff || this.nobodyLeads));
  mayWriteForOthers = $derived.by(() => this.iLead || this.iWrite || this.isStaff);

  stepName(phase: Phase): string {
    return stepName(phase);
  }

  name(person: string | null | undefined): string {
    return (person && this.live.store.at('person', person)?.name) || 'Somebody';
  }

  named(person: string): string {
    return person === this.live.person ? `${this.name(person)} (you)` : this.name(person);
  }

  isHere(person: string): boolean {
    return this.live.store.at('person', person)?.here ?? false;
  }

  draft(field: string) {
    return this.live.drafts.of(this.id, field);
  }

  setCalm(calm: boolean): void {
    this.calm = calm;
    if (calm) this.live.drafts.keep.set('ls:calm', 'yes');
    else this.live.drafts.keep.remove('ls:calm');
  }

  goOn(): Command | null {
    return this.step ? { type: 'advancePhase', room: this.id, from: this.step.phase } : null;
  }
}

export const [useRoom, setRoom] = createContext<Room>();
