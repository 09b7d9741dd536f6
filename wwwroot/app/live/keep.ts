/** What is kept on this device. A browser may refuse (full, private); then it is kept in memory, and `isKept` is false. */
export interface Keep {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
  readonly isKept: boolean;
}

export function memoryKeep(): Keep {
  const held = new Map<string, string>();
  return {
    get: (key) => held.get(key) ?? null,
    set: (key, value) => void held.set(key, value),
    remove: (key) => void held.delete(key),
    keys: (prefix) => [...held.keys()].filter((key) => key.startsWith(prefix)),
    isKept: true,
  };
}

/** localStorage, because a write is on the device before the next line runs: nothing typed waits for a promise when the page goes away. */
export function deviceKeep(storage: () => Storage = () => localStorage): Keep {
  const spare = memoryKeep();
  let works = true;
  const tried = <T>(act: () => T, otherwise: () => T): T => {
    try {
      return act();
    } catch {
      works = false;
      return otherwise();
    }
  };
  return {
    get: (key) =>
      spare.get(key) ??
      tried(
        () => storage().getItem(key),
        () => null,
      ),
    set: (key, value) =>
      tried(
        () => {
          storage().setItem(key, value);
          spare.remove(key);
        },
        () => spare.set(key, value),
      ),
    remove: (key) => {
      spare.remove(key);
      tried(
        () => storage().removeItem(key),
        () => undefined,
      );
    },
    keys: (prefix) => [
      ...new Set([
        ...spare.keys(prefix),
        ...tried(
          () => Object.keys(storage()).filter((key) => key.startsWith(prefix)),
          () => [],
        ),
      ]),
    ],
    get isKept() {
      return works;
    },
  };
}
