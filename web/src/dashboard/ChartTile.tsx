/** Lines over months or bars over groups, drawn by the lazily loaded chart library; the target is a line of its own. */
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Chart } from '../charts/Chart';
import { currentLanguage, t } from '../i18n';
import { FigureTable, TableSwitch } from './FigureTable';
import { columnName, groupName, shortFigure } from './figures';
import type { TileProps } from './TileView';
import type { Figure } from './tile';

export function ChartTile(props: TileProps) {
  const { tile, title, figures, types, placeOf } = props;
  const [table, setTable] = useState(false);
  const navigate = useNavigate();
  const language = currentLanguage();
  const sorted = useMemo(() => (tile.type === 'line' ? byName(figures) : figures), [figures, tile.type]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: names and figures follow the language
  const option = useMemo(() => chartOption(props, sorted), [sorted, tile, types, language]);
  if (table) return <FigureTable {...props} figures={sorted} onChart={() => setTable(false)} />;
  return (
    <>
      <h2>
        {title}
        <TableSwitch onClick={() => setTable(true)} />
      </h2>
      {figures.length === 0 ? (
        <p className="tile-none">{t('dashboard.none')}</p>
      ) : (
        <Chart
          title={title}
          option={option}
          onPress={(index) => {
            const figure = sorted[index];
            const place = figure && placeOf(figure);
            if (place)
              navigate({
                to: '/m/$module',
                params: { module: place.module },
                search: { view: 'all', where: place.where },
              });
          }}
        />
      )}
    </>
  );
}

const byName = (figures: Figure[]) => figures.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

function chartOption({ tile, types }: TileProps, figures: Figure[]) {
  const columns = (tile.show ?? Object.keys(figures[0]?.values ?? {})).filter((name) => name !== tile.by);
  const line = tile.type === 'line';
  const several = columns.length > 1;
  // Names of groups are long: bars lie, so that each stands in full beside its bar, the largest on top.
  const groups = {
    type: 'category',
    data: figures.map(({ name }) => groupName(name)),
    axisTick: { show: false },
    ...(line
      ? { boundaryGap: figures.length < 2, axisLabel: { hideOverlap: true } }
      : { inverse: true, axisLine: { show: false }, axisLabel: { width: 112, overflow: 'truncate', interval: 0 } }),
  };
  const values = {
    type: 'value',
    axisLabel: { formatter: (value: number) => shortFigure(columns[0] ?? '', value, types), hideOverlap: true },
    splitNumber: line ? 4 : 3,
  };
  return {
    grid: { left: 4, right: 16, top: several ? 34 : 8, bottom: 4, containLabel: true },
    legend: { show: several, top: 0, right: 0, itemWidth: 14, itemHeight: 8, icon: 'roundRect' },
    tooltip: {
      trigger: 'axis',
      confine: true,
      valueFormatter: (value: number | null) => shortFigure(columns[0] ?? '', value, types),
    },
    xAxis: line ? groups : values,
    yAxis: line ? values : groups,
    series: columns.map((column) => {
      const goal = column === 'target';
      const shape = line ? 'line' : 'bar';
      return {
        name: columnName(tile, column),
        type: shape,
        data: figures.map(({ values }) => values[column] ?? null),
        ...(shape === 'line'
          ? {
              smooth: false,
              symbol: 'circle',
              symbolSize: 5,
              showSymbol: figures.length < 16,
              lineStyle: { width: goal ? 1.5 : 2.5, type: goal ? 'dashed' : 'solid' },
              areaStyle: goal ? undefined : { opacity: 0.07 },
            }
          : { barMaxWidth: 18, itemStyle: { borderRadius: [0, 3, 3, 0], opacity: goal ? 0.45 : 1 } }),
      };
    }),
  };
}
