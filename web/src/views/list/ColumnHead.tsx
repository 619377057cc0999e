/** The head of a column: a press sorts, its right edge is dragged, or moved with the arrow keys, to resize. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { shownType, typeOf } from '../../fields';
import { t } from '../../i18n';
import type { PathField } from '../../modules/queries';

type Props = {
  column: PathField;
  width: number;
  sort: string;
  onSort(sort: string): void;
  onWidth(path: string, width: number): void;
};

const NARROW = 60;
const WIDE = 800;

export function ColumnHead({ column, width, sort, onSort, onWidth }: Props) {
  const { path, field, label } = column;
  const from = useRef<{ x: number; width: number }>(undefined);
  const first = sort.split(',')[0];
  const direction = first === path ? 'ascending' : first === `-${path}` ? 'descending' : 'none';
  const sortable = !typeOf(field).unsortable;
  const resize = (next: number) => onWidth(path, Math.round(Math.max(NARROW, Math.min(WIDE, next))));

  function onMove(event: PointerEvent) {
    if (from.current) resize(from.current.width + event.clientX - from.current.x);
  }
  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowRight' ? 16 : event.key === 'ArrowLeft' ? -16 : 0;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    resize(width + step);
  }
  return (
    <div role="columnheader" aria-sort={sortable ? direction : undefined} className={shownType(field).align}>
      {sortable ? (
        <button
          type="button"
          className="grid-sort"
          tabIndex={-1}
          title={label}
          onClick={() => onSort(direction === 'none' ? path : direction === 'ascending' ? `-${path}` : '')}
        >
          <span>{label}</span>
          {direction === 'ascending' && <ArrowUp size={13} aria-hidden />}
          {direction === 'descending' && <ArrowDown size={13} aria-hidden />}
        </button>
      ) : (
        <span title={label}>{label}</span>
      )}
      <div
        className="grid-resize"
        role="separator"
        aria-orientation="vertical"
        aria-label={t('list.resize', { name: label })}
        aria-valuenow={width}
        aria-valuemin={NARROW}
        aria-valuemax={WIDE}
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          from.current = { x: event.clientX, width };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onMove}
        onPointerUp={() => {
          from.current = undefined;
        }}
        onDoubleClick={() => onWidth(path, shownType(field).width)}
        onClick={(event) => event.stopPropagation()}
      />
    </div>
  );
}
