/** One row of the grid; drawn again only when its record, its mark, the columns or the language change. */
import { memo } from 'react';
import type { Row } from '../../api/types';
import { shownType, typeOf } from '../../fields';
import { t } from '../../i18n';
import { type PathField, valueAt } from '../../modules/queries';

/** Height of a row, and width of the column of marks, in pixels. */
export const ROW = 36;
export const MARKS = 40;

type Props = {
  id: string;
  index: number;
  row: Row | undefined;
  href: string | undefined;
  title: string | undefined;
  columns: PathField[];
  template: string;
  marked: boolean;
  language: string;
};

export const GridRow = memo(function GridRow({ id, index, row, href, title, columns, template, marked }: Props) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={marked}
      data-row={index}
      className={marked ? 'grid-row marked' : 'grid-row'}
      style={{ top: index * ROW, gridTemplateColumns: template }}
    >
      <div role="gridcell" aria-colindex={1} className="grid-mark" data-mark>
        <input
          type="checkbox"
          checked={marked}
          readOnly
          tabIndex={-1}
          aria-label={t('list.select', { n: index + 1 })}
        />
      </div>
      {columns.map(({ path, field }, column) => {
        const value = row && valueAt(row, path);
        const type = typeOf(field);
        const shown = row && (type.cell ? type.cell(value, field) : type.text(value, field));
        const linked = column === 0 || path === title;
        const plain = row && !linked && (typeof shown === 'string' || shown === null || shown === undefined);
        return (
          <div
            key={path}
            role="gridcell"
            id={`${id}-${index}-${column}`}
            aria-colindex={column + 2}
            data-column={column}
            className={plain ? `plain ${shownType(field).align ?? ''}` : shownType(field).align}
          >
            {!row ? (
              <i className="grid-loading" />
            ) : linked ? (
              <a href={href} tabIndex={-1} className={path === title ? 'grid-title' : undefined}>
                {shown || '—'}
              </a>
            ) : (
              shown
            )}
          </div>
        );
      })}
      <div role="presentation" />
    </div>
  );
});
