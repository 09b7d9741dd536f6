import { SvelteMap } from 'svelte/reactivity';
import type { AudienceState, Change, Positions, Show, Snapshot, View, Views, ViewType } from './wire';

/** What became of a message: `stale` says nothing new, `early` waits for what is missing before it. */
export type Taken = 'applied' | 'stale' | 'early';

const none: readonly never[] = [];

/**
 * The views this browser may see, by audience and key, each audience with the position of the log up to which it is complete. It knows
 * nothing about what a view means.
 */
export class Store {
  #audiences = new Map<string, { upTo: number; views: Map<string, View> }>();
  #early: Show[] = [];
  /** What each audience told of a key, the last told at the end: a note that is being revealed is in two audiences until both have said so. */
  #told = new Map<string, Map<string, View>>();
  /** What is shown, once for each key: by type and then by key, so that a face that lists notes is drawn again only when a note changes. */
  #byType = new SvelteMap<ViewType, SvelteMap<string, View>>();

  get positions(): Positions {
    return Object.fromEntries([...this.#audiences].map(([name, held]) => [name, held.upTo]));
  }

  get audiences(): string[] {
    return [...this.#audiences.keys()];
  }

  /** The furthest position that any audience has told. */
  get seen(): number {
    return Math.max(0, ...[...this.#audiences.values()].map((held) => held.upTo));
  }

  get hasHole(): boolean {
    return this.#early.length > 0;
  }

  /** Every view of a type, each key once, in the order in which it first came. Reactive. */
  all<K extends ViewType>(type: K): readonly Views[K][] {
    const found = this.#byType.get(type);
    return found ? ([...found.values()] as Views[K][]) : none;
  }

  /** The only view of a type, or the first. Reactive. */
  one<K extends ViewType>(type: K, where?: (view: Views[K]) => boolean): Views[K] | undefined {
    const found = this.#byType.get(type);
    if (!found) return undefined;
    for (const view of found.values() as Iterable<Views[K]>) if (!where || where(view)) return view;
    return undefined;
  }

  /** The view under `type:id`, as the audience that spoke last told it. Reactive. */
  at<K extends ViewType>(type: K, id: string): Views[K] | undefined {
    return this.#byType.get(type)?.get(`${type}:${id}`) as Views[K] | undefined;
  }

  /** A message, and then whatever early ones fit after it. */
  take(show: Show): Taken {
    const held = this.#audiences.get(show.audience);
    if (!held || show.after > held.upTo) {
      this.#early.push(show);
      return 'early';
    }
    // Equal is applied: tallies follow at their own pace, without a new entry.
    if (show.upTo < held.upTo) return 'stale';
    this.#apply(show.audience, held, show.changes);
    held.upTo = show.upTo;
    this.#retry();
    return 'applied';
  }

  /**
   * Everything one holds, told again. `fresh` (the first answer on a connection) is taken as it is; later ones never take an audience
   * back behind where it stands.
   */
  takeSnapshot(snapshot: Snapshot, fresh: boolean): void {
    const listed = new Set(snapshot.audiences.map((one) => one.audience));
    for (const name of this.#audiences.keys()) if (!listed.has(name)) this.#drop(name);
    for (const one of snapshot.audiences) this.#takeAudience(one, fresh);
    this.#early = this.#early.filter((show) => listed.has(show.audience));
    this.#retry();
  }

  #takeAudience(told: AudienceState, fresh: boolean): void {
    const held = this.#audiences.get(told.audience);
    if (held && told.upTo < held.upTo && !fresh) return;
    const now = held ?? { upTo: 0, views: new Map<string, View>() };
    if (!held) this.#audiences.set(told.audience, now);
    if (told.whole) {
      const keys = new Set(told.changes.map((change) => change.key));
      for (const key of [...now.views.keys()]) if (!keys.has(key)) this.#set(told.audience, now.views, key, null);
    }
    this.#apply(told.audience, now, told.changes);
    now.upTo = told.upTo;
  }

  #retry(): void {
    const waiting = this.#early.sort((a, b) => a.after - b.after);
    this.#early = [];
    for (const show of waiting) this.take(show);
  }

  #apply(audience: string, held: { views: Map<string, View> }, changes: readonly Change[]): void {
    for (const { key, view } of changes) this.#set(audience, held.views, key, view ?? null);
  }

  #drop(audience: string): void {
    const held = this.#audiences.get(audience);
    if (!held) return;
    for (const key of [...held.views.keys()]) this.#set(audience, held.views, key, null);
    this.#audiences.delete(audience);
  }

  #set(audience: string, views: Map<string, View>, key: string, view: View | null): void {
    const before = views.get(key);
    if (!before && !view) return;
    const told = this.#told.get(key) ?? new Map<string, View>();
    told.delete(audience);
    if (view) {
      views.set(key, view);
      told.set(audience, view);
    } else views.delete(key);
    if (told.size) this.#told.set(key, told);
    else this.#told.delete(key);
    this.#show(key, before?.type, [...told.values()].at(-1));
  }

  #show(key: string, before: ViewType | undefined, view: View | undefined): void {
    if (before && before !== view?.type) this.#byType.get(before)?.delete(key);
    if (!view) return;
    let typed = this.#byType.get(view.type);
    if (!typed) this.#byType.set(view.type, (typed = new SvelteMap()));
    typed.set(key, view);
  }
}
