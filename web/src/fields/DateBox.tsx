/** The box for days with its calendar; loaded when the first date is edited. */
import { DateInput } from '@mantine/dates';
import '@mantine/dates/styles.layer.css';
import 'dayjs/locale/zh-cn';
import { CalendarDays } from 'lucide-react';
import { currentLanguage, t } from '../i18n';
import { frame } from './common';
import { isDay, readDay } from './date';
import type { InputProps } from './types';

export const calendar = () => ({ locale: currentLanguage() === 'en' ? 'en' : 'zh-cn', firstDayOfWeek: 1 as const });

export default function DateBox(props: InputProps) {
  return (
    <DateInput
      {...frame(props)}
      {...calendar()}
      value={isDay(props.value) ? props.value : null}
      onChange={(value) => props.onChange(value)}
      valueFormat="YYYY-MM-DD"
      placeholder={props.bare || props.readOnly ? undefined : 'YYYY-MM-DD'}
      dateParser={(text) => readDay(text) ?? null}
      fixOnBlur
      highlightToday
      clearable={!props.readOnly && !props.required && !props.bare}
      clearButtonProps={{ 'aria-label': t('field.clear') }}
      popoverProps={{ disabled: props.readOnly, withinPortal: true }}
      rightSection={props.bare || props.value ? undefined : <CalendarDays size={14} className="box-icon" />}
    />
  );
}
