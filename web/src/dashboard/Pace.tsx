/** A bar of how much of the target is reached, with a mark where it should be by now. */
import { t } from '../i18n';
import { percent } from '../i18n/format';

/** `ratio` 1 is the whole target; the bar has room to 120 %. */
export const ROOM = 1.2;

export function Pace({ ratio, pace, label }: { ratio: number | null; pace?: number; label: string }) {
  const behind = ratio !== null && pace !== undefined && ratio < pace;
  const wide = (value: number) => `${Math.min(Math.max(value, 0), ROOM) * (100 / ROOM)}%`;
  const text = [
    ratio === null ? t('dashboard.noTarget') : percent(ratio, 1),
    pace !== undefined && t('dashboard.pace', { percent: percent(pace, 0) }),
  ]
    .filter(Boolean)
    .join(' · ');
  return (
    <div className="pace" role="img" aria-label={`${label}: ${text}`} title={text}>
      <i className="pace-goal" style={{ left: wide(1) }} />
      {ratio !== null && (
        <i className={`pace-bar ${ratio >= 1 ? 'full' : behind ? 'behind' : ''}`} style={{ width: wide(ratio) }} />
      )}
      {pace !== undefined && <i className="pace-mark" style={{ left: wide(pace) }} />}
    </div>
  );
}
