import type {
  BlockView,
  Command,
  ExerciseView,
  GroupingView,
  HelpView,
  MeView,
  MessageView,
  PersonId,
  PersonView,
  Phase,
  PlanView,
  PollView,
  RoomId,
  RoomsView,
  SessionView,
  TallyView,
  TeamId,
  WatchView,
} from '../contract';
import { announcements } from '../parts/announcer.svelte';
import { messages } from '../parts/messages.svelte';
import type { Live } from '../live/live.svelte';
import { commonPhase, longName } from '../rooms/needs';

/** What the facilitators' screens read of a session, and how they ask. No rule lives here: it only brings views together. */
export class Desk {
  readonly live: Live;
  /** What is being asked just now, in words for the button that asked. */
  busy = $state<string | null>(null);
  #people = $derived.by(() => new Map(this.live.store.all('person').map((one) => [one.person, one])));
  #teams = $derived.by(() => new Map(this.live.store.all('team').map((one) => [one.team, one.name])));
  #watches = $derived.by(() => [...this.live.store.all('watch')].sort((a, b) => a.number - b.number));
  #helps = $derived.by(() => this.live.store.all('help'));

  #began = $state.raw<Record<string, number>>({});
  #key = '';
  #looked = false;

  constructor(live: Live) {
    this.live = live;
    this.#key = `ls:began:${live.session}`;
    this.#began = JSON.parse(live.drafts.keep.get(this.#key) ?? '{}') as Record<string, number>;
  }

  get session(): SessionView | undefined {
    return this.live.store.one('session');
  }
  get me(): MeView | undefined {
    return this.live.store.one('me');
  }
  get plan(): PlanView | undefined {
    return this.live.store.one('plan');
  }
  get rooms(): RoomsView | undefined {
    return this.live.store.one('rooms');
  }
  get grouping(): GroupingView | undefined {
    return this.live.store.one('grouping');
  }
  get exercise(): ExerciseView | undefined {
    return this.live.store.one('exercise');
  }
  get zone(): string | undefined {
    return this.session?.timeZone;
  }
  get now(): number {
    return this.live.clock.now;
  }
  get block(): BlockView | undefined {
    return this.plan?.blocks.find((one) => one.block === this.plan?.now);
  }
  get script(): string | undefined {
    const block = this.block?.block ?? this.plan?.blocks[0]?.block;
    return block === undefined ? undefined : this.live.store.one('script')?.scripts[block];
  }
  get watches(): WatchView[] {
    return this.rooms?.isOpen ? this.#watches : [];
  }
  get helps(): readonly HelpView[] {
    return this.#helps;
  }
  get people(): ReadonlyMap<PersonId, PersonView> {
    return this.#people;
  }
  get teams(): ReadonlyMap<TeamId, string> {
    return this.#teams;
  }
  /** Participants; the staff are not counted among the people of a session. */
  get participants(): PersonView[] {
    return [...this.#people.values()].filter((one) => !one.isStaff && one.standing !== 'removed');
  }
  get waiting(): PersonView[] {
    return this.participants.filter((one) => one.standing === 'waiting');
  }
  get messages(): MessageView[] {
    const all = this.live.store.all('message');
    return [...new Map(all.map((one) => [one.number, one])).values()].sort((a, b) => b.number - a.number);
  }

  /** The step most rooms are in. */
  get step(): { phase: Phase; index: number; all: boolean; endsAt: number } | null {
    const phases = this.exercise?.exercise.phases;
    const common = commonPhase(this.watches);
    if (!phases || !common) return null;
    const index = phases.findIndex((one) => one.id === common.phase);
    const phase = phases[index];
    if (!phase) return null;
    const ends = this.watches
      .filter((one) => one.phase === common.phase && one.phaseEndsAt)
      .map((one) => Date.parse(one.phaseEndsAt!))
      .sort((a, b) => a - b);
    // the middle one: a single room with more time of its own does not speak for all
    return { phase, index, all: common.all, endsAt: ends[Math.floor(ends.length / 2)] ?? this.now };
  }

  /** Milliseconds until a moment; while the clocks stand, as at the moment they were stopped. */
  until(at: string | number): number {
    const since = this.plan?.pausedAt;
    return this.live.clock.until(at) + (since ? Math.max(0, this.now - Date.parse(since)) : 0);
  }

  /** When most rooms went into a step, as this browser saw it; null when it was not there to see it. */
  began(phase: string): number | null {
    return this.#began[this.#stepKey(phase)] ?? null;
  }

  /** Called when the common step changes: the views tell only how things stand, so the beginning is kept on this device. */
  sawStep(phase: string, planned: number): void {
    const key = this.#stepKey(phase);
    if (this.#began[key]) return;
    // the first one seen by this page began before it looked
    this.#began = { ...this.#began, [key]: this.#looked ? this.now : planned };
    this.#looked = true;
    this.live.drafts.keep.set(this.#key, JSON.stringify(this.#began));
  }

  #stepKey(phase: string): string {
    return `${this.rooms?.openedAt} ${phase}`;
  }

  /** Polls that ask everybody; a room's own polls belong to the room. */
  poll(poll: string): PollView | undefined {
    return this.live.store.one('poll', (one) => one.poll === poll && !one.room);
  }
  tally(poll: string): TallyView | undefined {
    return this.live.store.one('tally', (one) => one.poll === poll);
  }
  get openPolls(): PollView[] {
    return this.live.store.all('poll').filter((one) => one.isOpen && !one.room);
  }

  name(person: PersonId | null | undefined): string {
    return (person && this.#people.get(person)?.name) || 'Somebody';
  }
  /** "Room 7, Manzanita". */
  roomName(room: RoomId): string {
    const watch = this.#watches.find((one) => one.room === room);
    return watch ? longName(watch) : 'a room';
  }
  team(person: PersonId): string {
    const team = this.#people.get(person)?.team;
    return (team && this.#teams.get(team)) || '';
  }

  /** Asks one thing after another; stops at the first refusal and says why. `said` is told aloud when all is done. */
  async ask(asked: Command | readonly Command[], said?: string): Promise<boolean> {
    for (const command of Array.isArray(asked) ? (asked as Command[]) : [asked as Command]) {
      const answer = await this.live.ask(command);
      if (answer.kind === 'refused') {
        messages.trouble(answer.words ?? 'That was not possible.');
        return false;
      }
    }
    if (said) announcements.say(said);
    return true;
  }
}
