import type { Keep } from './keep';

/**
 * One text that is being typed: on the device with every key, by session, place and field, until what was typed is safe elsewhere.
 */
export class Draft {
  #keep: Keep;
  #key: string;
  #text = $state('');

  constructor(keep: Keep, session: string, place: string, field: string) {
    this.#keep = keep;
    this.#key = `ls:draft:${session}:${place}:${field}`;
    this.#text = keep.get(this.#key) ?? '';
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    if (text) this.#keep.set(this.#key, text);
    else this.#keep.remove(this.#key);
  }

  /** Takes the text out of the box. `giveBack` puts it back, before whatever was typed since. */
  take(): { text: string; giveBack: () => void } {
    const text = this.#text.trim();
    this.text = '';
    return { text, giveBack: () => (this.text = this.#text ? `${text}\n${this.#text}` : text) };
  }
}

/** The same draft for everybody who asks for it. */
export class Drafts {
  #made = new Map<string, Draft>();

  constructor(
    readonly keep: Keep,
    readonly session: string,
  ) {}

  of(place: string, field: string): Draft {
    const key = `${place}\n${field}`;
    let draft = this.#made.get(key);
    if (!draft) this.#made.set(key, (draft = new Draft(this.keep, this.session, place, field)));
    return draft;
  }
}
