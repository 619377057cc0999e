/** The figures of a tile as a table: the tile's own shape, or the twin of a chart for those who read numbers. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ChartColumn, Table2 } from 'lucide-react';
import { t } from '../i18n';
import { columnName, fullFigure, groupName } from './figures';
import type { TileProps } from './TileView';

export function TableSwitch({ onClick, table }: { onClick(): void; table?: boolean }) {
  const label = t(table ? 'chart.chart' : 'chart.table');
  return (
    <Tooltip label={label}>
      <ActionIcon className="tile-switch" variant="subtle" color="gray" size="sm" aria-label={label} onClick={onClick}>
        {table ? <ChartColumn size={14} /> : <Table2 size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function FigureTable({ tile, title, figures, types, placeOf, onChart }: TileProps & { onChart?: () => void }) {
  const known = Object.keys(figures[0]?.values ?? {});
  const columns = (tile.show ?? known).filter((column) => column !== tile.by);
  return (
    <>
      <h2>
        {title}
        {onChart && <TableSwitch table onClick={onChart} />}
      </h2>
      <div className="mini-scroll">
        <table className="mini" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">
                <span className="hidden">{tile.by}</span>
              </th>
              {columns.map((column) => (
                <th key={column} scope="col" className="right">
                  {columnName(tile, column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {figures.map((figure) => {
              const place = placeOf(figure);
              return (
                <tr key={figure.key}>
                  <th scope="row">
                    {place ? (
                      <Link
                        to="/m/$module"
                        params={{ module: place.module }}
                        search={{ view: 'all', where: place.where }}
                      >
                        {groupName(figure.name)}
                      </Link>
                    ) : (
                      groupName(figure.name)
                    )}
                  </th>
                  {columns.map((column) => (
                    <td key={column} className="right">
                      {fullFigure(column, figure.values[column], types)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
