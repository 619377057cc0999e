/** Which rows of a long list are on screen, from the scroll position: rows have one height. */
import { type RefObject, useLayoutEffect, useState } from 'react';

const OVERSCAN = 8;
/** Where each list was scrolled to, by its address, so that going back finds it there. */
const places = new Map<string, number>();

export function useScrollWindow(
  scroller: RefObject<HTMLDivElement | null>,
  height: number,
  total: number,
  place: string,
) {
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () =>
      setView((old) =>
        old.top === element.scrollTop && old.height === element.clientHeight
          ? old
          : { top: element.scrollTop, height: element.clientHeight },
      );
    const scrolled = () => {
      places.set(place, element.scrollTop);
      measure();
    };
    measure();
    element.addEventListener('scroll', scrolled, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', scrolled);
      observer.disconnect();
    };
  }, [scroller, place]);

  const known = total > 0;
  useLayoutEffect(() => {
    if (known && scroller.current) scroller.current.scrollTop = places.get(place) ?? 0;
  }, [known, place, scroller]);

  const from = Math.max(0, Math.min(total - 1, Math.floor(view.top / height)) - OVERSCAN);
  const to = Math.min(total - 1, Math.ceil((view.top + view.height) / height) + OVERSCAN);
  return { from, to, page: Math.max(1, Math.floor(view.height / height) - 2) };
}
