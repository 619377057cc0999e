/** The list on a phone: the same rows as cards that say what the first columns say. */
import { useEffect, useRef } from 'react';
import type { Row } from '../../api/types';
import { shownType, typeOf } from '../../fields';
import { type PathField, valueAt } from '../../modules/queries';
import { useScrollWindow } from '../window';
import type { GridProps } from './Grid';
import './cards.css';

const CARD = 92;
type Props = Pick<
  GridProps,
  'label' | 'place' | 'title' | 'columns' | 'total' | 'row' | 'onRange' | 'href' | 'onOpen' | 'empty'
>;

export function Cards({ label, place, title, columns, total, row, onRange, href, onOpen, empty }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { from, to } = useScrollWindow(scroller, CARD, total, place);
  useEffect(() => onRange(to), [to, onRange]);
  const cards = [];
  for (let index = from; index <= to; index++) {
    const found = row(index);
    cards.push(
      <li key={index} className="card" style={{ top: index * CARD }} aria-setsize={total} aria-posinset={index + 1}>
        {found ? (
          <a
            href={href(found)}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              onOpen(found, false);
            }}
          >
            <CardText row={found} columns={columns} name={title} />
          </a>
        ) : (
          <i className="grid-loading" />
        )}
      </li>,
    );
  }
  return (
    <div ref={scroller} className="cards">
      <ul aria-label={label} style={{ height: total * CARD }}>
        {cards}
      </ul>
      {total === 0 && <div className="grid-empty">{empty}</div>}
    </div>
  );
}

function CardText({ row, columns, name }: { row: Row; columns: PathField[]; name: string | undefined }) {
  const title = columns.find(({ path }) => path === name) ?? columns[0];
  const others = columns.filter((column) => column !== title);
  const filled = others.filter(({ path, field }) => typeOf(field).text(valueAt(row, path), field) !== '');
  const badge = filled.find(({ field }) => field.stage) ?? filled.find(({ field }) => field.options);
  // Of several figures the one that takes most room says most: an amount before a count.
  const figures = filled.filter(({ field }) => shownType(field).align === 'right');
  const figure = figures.toSorted((a, b) => shownType(b.field).width - shownType(a.field).width)[0];
  const rest = filled.filter((one) => one !== badge && !figures.includes(one)).slice(0, 3);
  const text = ({ path, field }: PathField) => typeOf(field).text(valueAt(row, path), field);
  const rich = ({ path, field }: PathField) =>
    typeOf(field).cell?.(valueAt(row, path), field) ?? text({ path, field, label: '' });
  return (
    <>
      <span className="card-top">
        <strong>{title ? text(title) || '—' : `#${row.id}`}</strong>
        {badge && rich(badge)}
      </span>
      <span className="card-middle">
        {rest.slice(0, 2).map((one) => (
          <span key={one.path}>{text(one)}</span>
        ))}
      </span>
      <span className="card-bottom">
        <span>{rest[2] ? text(rest[2]) : ''}</span>
        {figure && <b title={figure.label}>{text(figure)}</b>}
      </span>
    </>
  );
}
