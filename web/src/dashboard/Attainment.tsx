/** Sales against targets, one bar each, with the pace that time sets; a press opens the records behind a bar. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { t } from '../i18n';
import { percent } from '../i18n/format';
import { FigureTable, TableSwitch } from './FigureTable';
import { columnName, groupName, shortFigure } from './figures';
import { Pace } from './Pace';
import type { TileProps } from './TileView';

const FEW = 8;

export function Attainment(props: TileProps) {
  const { tile, title, figures, types, period, placeOf } = props;
  const [table, setTable] = useState(false);
  const [all, setAll] = useState(false);
  if (table) return <FigureTable {...props} onChart={() => setTable(false)} />;
  const most = figures.slice(0, tile.limit ?? figures.length);
  const shown = all ? figures : most.slice(0, FEW);
  return (
    <>
      <h2>
        {title}
        <TableSwitch onClick={() => setTable(true)} />
      </h2>
      {figures.length === 0 && <p className="tile-none">{t('dashboard.none')}</p>}
      <ul className="attainment">
        {shown.map((figure) => {
          const name = groupName(figure.name);
          const { sales, target, attainment, gap } = figure.values;
          const place = placeOf(figure);
          const inside = (
            <>
              <span className="attainment-name">{name}</span>
              <Pace ratio={attainment ?? null} pace={period.current ? period.elapsed : undefined} label={name} />
              <span className="attainment-ratio">
                {attainment === null || attainment === undefined ? '–' : percent(attainment, 0)}
              </span>
              <span className="attainment-amount">
                {shortFigure('sales', sales ?? 0, types)}
                <small>
                  {target
                    ? t('dashboard.of', { target: shortFigure('target', target, types) })
                    : t('dashboard.noTarget')}
                  {tile.show?.includes('gap') && gap !== null && gap !== undefined && (
                    <span className={gap < 0 ? 'down' : 'up'}>
                      {' '}
                      {columnName(tile, 'gap')} {shortFigure('gap', gap, types)}
                    </span>
                  )}
                </small>
              </span>
            </>
          );
          return (
            <li key={figure.key}>
              {place ? (
                <Link to="/m/$module" params={{ module: place.module }} search={{ view: 'all', where: place.where }}>
                  {inside}
                </Link>
              ) : (
                <span>{inside}</span>
              )}
            </li>
          );
        })}
      </ul>
      {figures.length > FEW && (
        <button type="button" className="link" onClick={() => setAll(!all)}>
          {all ? t('dashboard.fewer') : t('dashboard.more', { n: figures.length })}
        </button>
      )}
    </>
  );
}
