/**
 * Keeps one's place when the thing that has the focus goes away, because it was pressed and is done, or because somebody else took it away:
 * the focus goes to what follows it in the same group, else to what stood before it, else to the group's heading. Without it the focus falls
 * to the top of the page, and who uses keys or a screen reader must find the way back each time.
 *
 * Whoever knows a better place sets it: the keeper waits for that, and `isKept` says that the place is only the keeper's.
 */

/** How long a better place is waited for, in milliseconds. */
const patience = 120;

const groups = 'dialog, form, li, fieldset, section, details, aside, nav, header, main, body';
const stops =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

let kept: Element | null = null;

/** Whether the focus is where the keeper has put it, so that a better place may take it. */
export const isKept = (): boolean => !!kept && kept === document.activeElement;

export const isLost = (): boolean => !document.activeElement || document.activeElement === document.body;

const isShown = (one: Element): boolean =>
  (one as HTMLElement).checkVisibility?.({ visibilityProperty: true }) ?? (one as HTMLElement).offsetParent !== null;

/** The best stop of a group beside a gap: the first after it, else the last before it. */
export function beside(group: Element, before: Node | null): HTMLElement | null {
  const all = [...group.querySelectorAll<HTMLElement>(stops)].filter(isShown);
  const after = (one: Element) =>
    !before || (before.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  return all.find((one) => after(one) && !before?.contains(one)) ?? all.at(-1) ?? null;
}

function placeAfter(gap: { group: Element; before: Node | null }): HTMLElement | null {
  let group = gap.group.closest(groups);
  const before = gap.before?.isConnected ? gap.before : null;
  for (; group && group !== document.body; group = group.parentElement?.closest(groups) ?? null) {
    const stop = beside(group, before);
    if (stop) return stop;
    const heading = group.querySelector<HTMLElement>('h1[tabindex], h2[tabindex]');
    if (heading) return heading;
  }
  return document.querySelector<HTMLElement>('main h1[tabindex]');
}

/** Begins to keep the focus; answers how to stop. */
export function keepFocus(): () => void {
  let last: Element | null = null;
  const seen = (event: FocusEvent) => {
    const to = event.target as Element;
    if (to !== kept) kept = null;
    // With a pointer nobody looks for the focus, and on a phone a box that takes it would bring up the keyboard.
    last = to.matches(':focus-visible') ? to : null;
  };
  const watch = new MutationObserver((changes) => {
    if (!last || last.isConnected || !isLost()) return;
    const lost = last;
    const gone = changes.findLast((one) => [...one.removedNodes].some((node) => node.contains(lost)));
    if (!gone) return;
    last = null;
    const gap = { group: gone.target as Element, before: gone.previousSibling };
    setTimeout(() => {
      if (!isLost()) return;
      const group = gap.group.isConnected ? gap.group : document.querySelector('main');
      const stop = group && placeAfter({ group, before: gap.before });
      if (!stop) return;
      kept = stop;
      stop.focus();
    }, patience);
  });
  document.addEventListener('focusin', seen);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', seen);
    watch.disconnect();
  };
}
