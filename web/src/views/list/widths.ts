/** How wide the columns of a list are: as somebody dragged them, else as the type, the head and the first rows ask. */
import { useCallback, useMemo, useState } from 'react';
import type { Module, Row } from '../../api/types';
import { shownType, typeOf } from '../../fields';
import { type PathField, valueAt } from '../../modules/queries';

type Widths = { [path: string]: number };
/** Names are what people look for: their column has room. */
const TITLE = 240;
const LEAST = 96;
const MOST = 230;
const ARROW = 16;
const SAMPLE = 40;

/** Chinese characters are twice as wide as letters; the edges of a cell take the rest. */
const room = (text: string) => [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 13 : 7.2), 22);

export function naturalWidth(column: PathField, module: Module, rows: Row[]): number {
  const { path, field, label } = column;
  const type = shownType(field);
  const head = Math.min(room(label) + ARROW, 200);
  if (path === module.title && !typeOf(field).computed) return Math.max(type.width, TITLE, head);
  if (!type.fits || rows.length === 0) return Math.max(type.width, head);
  const widest = Math.max(...rows.map((row) => room(type.text(valueAt(row, path), field))));
  return Math.max(LEAST, head, Math.min(widest, MOST));
}

/** Measured once for the columns shown, so that nothing moves when the rows change. */
export function useWidths(module: Module, columns: PathField[], row: (index: number) => Row | undefined) {
  const [dragged, setDragged] = useState(() => stored(module.name));
  const shown = columns.map(({ path, label }) => path + label).join();
  const ready = row(0) !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows do not make other widths
  const natural = useMemo(() => {
    const rows = Array.from({ length: SAMPLE }, (_, index) => row(index)).filter((one) => one !== undefined);
    return new Map(columns.map((column) => [column.path, Math.round(naturalWidth(column, module, rows))]));
  }, [module.name, shown, ready]);
  const widthOf = useCallback(
    ({ path, field }: PathField) => dragged[path] ?? natural.get(path) ?? shownType(field).width,
    [dragged, natural],
  );
  const onWidth = (path: string, width: number) => {
    const next = { ...dragged, [path]: width };
    setDragged(next);
    store(module.name, next);
  };
  return { widthOf, onWidth };
}

/** Dragged widths are kept in this browser. */
function stored(module: string): Widths {
  try {
    return JSON.parse(localStorage.getItem(`qudao.widths.${module}`) ?? '{}');
  } catch {
    return {};
  }
}
function store(module: string, widths: Widths) {
  try {
    localStorage.setItem(`qudao.widths.${module}`, JSON.stringify(widths));
  } catch {
    // Without storage the widths last as long as the page.
  }
}
