/**
 * The server's time on this device. Every message that tells the time was on its way for a while, so the largest offset of the last few is
 * the nearest; a device whose own clock is changed falls out of the window within half a minute.
 */
export class Clock {
  /** The server's time, told again every second while someone reads it. */
  now = $state(Date.now());
  #samples: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #device: () => number;

  constructor(device: () => number = Date.now) {
    this.#device = device;
    this.now = device();
  }

  get offset(): number {
    return this.#samples.length ? Math.max(...this.#samples) : 0;
  }

  heard(serverNow: string): void {
    const told = Date.parse(serverNow);
    if (Number.isNaN(told)) return;
    this.#samples = [...this.#samples.slice(-29), told - this.#device()];
    this.#tell();
  }

  /** Milliseconds until a moment of the server; negative when it is past. Reactive. */
  until(at: string | number): number {
    return (typeof at === 'number' ? at : Date.parse(at)) - this.now;
  }

  start(): () => void {
    this.#timer ??= setInterval(() => this.#tell(), 1_000);
    return () => {
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tell(): void {
    this.now = this.#device() + this.offset;
  }
}
