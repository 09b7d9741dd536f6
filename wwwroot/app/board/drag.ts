import type { Hand } from './board.svelte';

const far = 6;

/**
 * Dragging a note with a mouse or a pen. A finger scrolls, so fingers use the menu. The dragged copy is decoration; where it is let go is found from
 * what lies under the pointer: `data-note` (before that note) or `data-column` (its end).
 */
export function draggable(hand: Hand, note: () => string, told?: (x: number, y: number) => void) {
  return (element: HTMLElement) => {
    let from: { x: number; y: number; dx: number; dy: number; id: number } | null = null;
    let copy: HTMLElement | null = null;

    const down = (event: PointerEvent) => {
      if (event.button !== 0 || event.pointerType === 'touch' || !hand.room.isOpen) return;
      if ((event.target as Element).closest('button, a, textarea, input, select, form, .menu')) return;
      const box = element.getBoundingClientRect();
      from = {
        x: event.clientX,
        y: event.clientY,
        dx: event.clientX - box.left,
        dy: event.clientY - box.top,
        id: event.pointerId,
      };
      addEventListener('pointermove', moved);
      addEventListener('pointerup', up);
      addEventListener('pointercancel', cancel);
      addEventListener('keydown', key, true);
    };

    const lift = () => {
      getSelection()?.removeAllRanges();
      copy = element.cloneNode(true) as HTMLElement;
      copy.classList.add('lifted', 'carried');
      copy.setAttribute('aria-hidden', 'true');
      copy.inert = true;
      copy.style.inlineSize = `${element.offsetWidth}px`;
      document.body.append(copy);
      document.documentElement.classList.add('dragging');
      hand.dragged = note();
    };

    const moved = (event: PointerEvent) => {
      if (!from || event.pointerId !== from.id) return;
      if (!copy) {
        if (Math.hypot(event.clientX - from.x, event.clientY - from.y) < far) return;
        lift();
      }
      event.preventDefault();
      copy!.style.translate = `${event.clientX - from.dx}px ${event.clientY - from.dy}px`;
      hand.over = placeAt(event.clientX, event.clientY, note());
      told?.(event.clientX, event.clientY);
    };

    const up = (event: PointerEvent) => {
      if (!from || event.pointerId !== from.id) return;
      const over = copy ? hand.over : null;
      if (over) hand.putDown(over.column, over.before);
      else if (copy) hand.letGo();
      end();
    };

    const cancel = () => {
      if (copy) hand.letGo();
      end();
    };

    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !copy) return;
      event.preventDefault();
      event.stopPropagation();
      cancel();
    };

    const end = () => {
      from = null;
      copy?.remove();
      copy = null;
      document.documentElement.classList.remove('dragging');
      removeEventListener('pointermove', moved);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', cancel);
      removeEventListener('keydown', key, true);
    };

    element.addEventListener('pointerdown', down);
    return () => {
      element.removeEventListener('pointerdown', down);
      cancel();
    };
  };
}

function placeAt(x: number, y: number, dragged: string): { column: string; before: string | null } | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const other = element.closest<HTMLElement>('[data-note]');
    const column = element.closest<HTMLElement>('[data-column]')?.dataset.column;
    if (!column) continue;
    if (!other || other.dataset.note === dragged) return { column, before: null };
    const box = other.getBoundingClientRect();
    const next = other.nextElementSibling as HTMLElement | null;
    const before = y < box.top + box.height / 2 ? other.dataset.note! : (next?.dataset.note ?? null);
    return { column, before: before === dragged ? (nextOf(dragged) ?? null) : before };
  }
  return null;
}

function nextOf(note: string): string | undefined {
  const element = document.querySelector(`li[data-note="${CSS.escape(note)}"]`);
  return (element?.nextElementSibling as HTMLElement | null)?.dataset.note;
}
