/**
 * A grid for lists of any length. Rows have one height, so the rows on screen follow from the scroll position; the focus
 * is one frame laid over the cells, so scrolling and moving never redraw rows that did not change.
 */
import { Checkbox } from '@mantine/core';
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { Row } from '../../api/types';
import { t, useLanguage } from '../../i18n';
import type { PathField } from '../../modules/queries';
import { useScrollWindow } from '../window';
import { ColumnHead } from './ColumnHead';
import { GridRow, MARKS, ROW } from './GridRow';
import './grid.css';

export type GridProps = {
  label: string;
  /** Tells this list from others, for the scroll position. */
  place: string;
  columns: PathField[];
  /** The column that names the record. */
  title: string | undefined;
  widthOf(column: PathField): number;
  onWidth(path: string, width: number): void;
  total: number;
  row(index: number): Row | undefined;
  onRange(to: number): void;
  sort: string;
  onSort(sort: string): void;
  href(row: Row): string;
  onOpen(row: Row, elsewhere: boolean): void;
  selected: ReadonlySet<number>;
  onSelect(selected: ReadonlySet<number>): void;
  empty: ReactNode;
};

export function Grid(props: GridProps) {
  const { label, columns, widthOf, total, row, onRange, sort, onSort, selected, onSelect, onOpen } = props;
  const id = useId();
  const language = useLanguage();
  const scroller = useRef<HTMLDivElement>(null);
  const [focus, setFocus] = useState({ row: 0, column: 0 });
  const anchor = useRef(0);
  const [focused, setFocused] = useState(false);
  const { from, to, page } = useScrollWindow(scroller, ROW, total, props.place);
  useEffect(() => onRange(to), [to, onRange]);

  const edges = useMemo(() => {
    const found = [MARKS];
    for (const column of columns) found.push((found.at(-1) ?? 0) + widthOf(column));
    return found;
  }, [columns, widthOf]);
  const width = edges[columns.length] ?? 0;
  const template = useMemo(
    () => `${MARKS}px ${columns.map((_, i) => `${(edges[i + 1] ?? 0) - (edges[i] ?? 0)}px`).join(' ')} 1fr`,
    [columns, edges],
  );

  function go(next: { row: number; column: number }) {
    const target = {
      row: Math.max(0, Math.min(total - 1, next.row)),
      column: Math.max(0, Math.min(columns.length - 1, next.column)),
    };
    setFocus(target);
    const element = scroller.current;
    if (!element) return;
    const y = target.row * ROW;
    if (y < element.scrollTop) element.scrollTop = y;
    if (y + 2 * ROW > element.scrollTop + element.clientHeight) element.scrollTop = y + 2 * ROW - element.clientHeight;
    const [left, right] = [edges[target.column] ?? 0, edges[target.column + 1] ?? 0];
    const fixed = target.column > 0 ? (edges[1] ?? 0) : 0;
    if (left < element.scrollLeft + fixed) element.scrollLeft = left - fixed;
    if (right > element.scrollLeft + element.clientWidth) element.scrollLeft = right - element.clientWidth;
  }

  function toggle(index: number, extend: boolean) {
    const next = new Set(selected);
    const [first, last] = extend ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    const on = !selected.has(row(index)?.id ?? -1);
    for (let i = first; i <= last; i++) {
      const found = row(i);
      if (found && (on || extend)) next.add(found.id);
      else if (found) next.delete(found.id);
    }
    if (!extend) anchor.current = index;
    onSelect(next);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.target !== scroller.current) return;
    const mod = event.ctrlKey || event.metaKey;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: mod ? [-total, -columns.length] : [0, -columns.length],
      End: mod ? [total, columns.length] : [0, columns.length],
    };
    const step = steps[event.key];
    const here = row(focus.row);
    if (step) {
      go({ row: focus.row + step[0], column: focus.column + step[1] });
      if (event.shiftKey && step[0]) toggle(Math.max(0, Math.min(total - 1, focus.row + step[0])), true);
    } else if (event.key === 'Enter' && here) onOpen(here, mod);
    else if (event.key === ' ') toggle(focus.row, event.shiftKey);
    else if (event.key === 'Escape' && selected.size) onSelect(new Set());
    else return;
    event.preventDefault();
  }

  function onClick(event: MouseEvent) {
    const target = event.target as Element;
    const index = Number(target.closest<HTMLElement>('[data-row]')?.dataset.row ?? Number.NaN);
    const found = row(index);
    if (!found) return;
    const column = Number(target.closest<HTMLElement>('[data-column]')?.dataset.column ?? 0);
    setFocus({ row: index, column });
    if (target.closest('[data-mark]')) {
      event.preventDefault();
      toggle(index, event.shiftKey);
      return;
    }
    const link = target.closest('a');
    const elsewhere = event.ctrlKey || event.metaKey;
    if (link && (elsewhere || link.classList.contains('ref'))) return;
    if (window.getSelection()?.toString()) return;
    event.preventDefault();
    onOpen(found, elsewhere);
  }

  const rows = [];
  for (let index = from; index <= to; index++) {
    const found = row(index);
    rows.push(
      <GridRow
        key={index}
        id={id}
        index={index}
        row={found}
        href={found && props.href(found)}
        title={props.title}
        columns={columns}
        template={template}
        marked={Boolean(found && selected.has(found.id))}
        language={language}
      />,
    );
  }
  const loaded = useLoaded(row, total, selected);

  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      data-marked={selected.size > 0 || undefined}
      aria-activedescendant={total ? `${id}-${focus.row}-${focus.column}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={(event) =>
        event.target === event.currentTarget && setFocused(event.currentTarget.matches(':focus-visible'))
      }
      onBlur={() => setFocused(false)}
      onClick={onClick}
    >
      <div
        className="grid-head"
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: template, minWidth: width }}
      >
        <div role="columnheader" className="grid-mark">
          <Checkbox
            size="xs"
            aria-label={t('list.selectLoaded')}
            checked={loaded.all}
            indeterminate={!loaded.all && selected.size > 0}
            onChange={() => onSelect(loaded.all ? new Set() : loaded.ids())}
          />
        </div>
        {columns.map((column) => (
          <ColumnHead
            key={column.path}
            column={column}
            width={widthOf(column)}
            sort={sort}
            onSort={onSort}
            onWidth={props.onWidth}
          />
        ))}
        <div role="presentation" />
      </div>
      <div role="rowgroup" className="grid-body" style={{ height: total * ROW, minWidth: width }}>
        {rows}
        {focused && total > 0 && (
          <div
            className="grid-focus"
            style={{
              top: focus.row * ROW,
              left: edges[focus.column],
              width: (edges[focus.column + 1] ?? 0) - (edges[focus.column] ?? 0),
              height: ROW - 1,
            }}
          />
        )}
      </div>
      {total === 0 && <div className="grid-empty">{props.empty}</div>}
    </div>
  );
}

/** The rows that are here already, for the mark in the head; looked through when they change, not while they scroll. */
function useLoaded(row: GridProps['row'], total: number, selected: ReadonlySet<number>) {
  const some = selected.size > 0;
  const ids = useCallback(() => {
    const found = new Set<number>();
    for (let i = 0; i < total; i++) {
      const one = row(i);
      if (!one) break;
      found.add(one.id);
    }
    return found;
  }, [row, total]);
  const count = useMemo(() => (some ? ids().size : 0), [some, ids]);
  return { ids, all: some && selected.size >= count };
}
