/**
 * The one polite live region. What happens is gathered and told in batches, at most every five seconds, the same sentence once. A change of
 * place (`now`) does not wait.
 */
const gap = 5_000;

export class Announcements {
  said = $state('');
  #waiting: string[] = [];
  #last = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** A later sentence with the same `about` takes the place of an earlier one that has not been said: "3 new notes" after "2 new notes". */
  say(sentence: string, about?: string): void {
    const key = about ? `${about}\u0000` : '';
    this.#waiting = this.#waiting.filter((one) => (about ? !one.startsWith(key) : one !== sentence));
    this.#waiting.push(key + sentence);
    const wait = Math.max(0, this.#last + gap - this.#clock());
    this.#timer ??= setTimeout(() => this.#speak(), Math.max(wait, 100));
  }

  now(sentence: string): void {
    this.#waiting.unshift(sentence);
    clearTimeout(this.#timer);
    this.#speak();
  }

  #speak(): void {
    this.#timer = undefined;
    this.#last = this.#clock();
    const words = this.#waiting.map((one) => one.slice(one.indexOf('\u0000') + 1)).join(' ');
    this.#waiting = [];
    // the same words twice would not be read a second time
    this.said = words === this.said ? `${words}\u00a0` : words;
  }
}

export const announcements = new Announcements();
