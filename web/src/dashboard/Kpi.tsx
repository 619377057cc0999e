/** One figure: how much, of what target, and against the year before. */
import { Link } from '@tanstack/react-router';
import { TrendingDown, TrendingUp } from 'lucide-react';
import { t } from '../i18n';
import { percent } from '../i18n/format';
import { columnName, shortFigure } from './figures';
import { Pace } from './Pace';
import type { TileProps } from './TileView';

export function Kpi({ tile, title, figures, types, period, placeOf }: TileProps) {
  const values = figures[0]?.values ?? {};
  const [main = 'sales', ...others] = tile.show ?? Object.keys(values);
  const { target, attainment, growth } = values;
  const has = (name: string) => others.includes(name);
  const rest = others.filter((name) => !['target', 'attainment', 'before', 'growth', 'gap'].includes(name));
  const [module, view] = tile.view?.split('/') ?? [];
  const place = module ? { module, where: undefined } : figures[0] && placeOf(figures[0]);
  const Arrow = (growth ?? 0) < 0 ? TrendingDown : TrendingUp;
  return (
    <>
      <h2>
        {place ? (
          <Link to="/m/$module" params={{ module: place.module }} search={{ view: view ?? 'all', where: place.where }}>
            {title}
          </Link>
        ) : (
          title
        )}
      </h2>
      <p className="kpi">
        <strong>{shortFigure(main, values[main] ?? 0, types)}</strong>
        {has('growth') && growth !== null && growth !== undefined && (
          <span className={growth < 0 ? 'down' : 'up'}>
            <Arrow size={14} aria-hidden />
            {t('dashboard.growth', { percent: `${growth > 0 ? '+' : ''}${percent(growth, 1)}` })}
          </span>
        )}
      </p>
      {has('attainment') && (
        <>
          <Pace ratio={attainment ?? null} pace={period.current ? period.elapsed : undefined} label={title} />
          <p className="kpi-note">
            {target ? (
              <>
                <b>{percent(attainment ?? 0, 1)}</b>{' '}
                {t('dashboard.of', { target: shortFigure('target', target, types) })}
              </>
            ) : (
              t('dashboard.noTarget')
            )}
          </p>
        </>
      )}
      {rest.length > 0 && (
        <p className="kpi-note">
          {rest.map((name) => (
            <span key={name}>
              {columnName(tile, name)} <b>{shortFigure(name, values[name], types)}</b>
            </span>
          ))}
        </p>
      )}
    </>
  );
}
