/** The box for instants with its calendar and clock; loaded when the first one is edited. */
import { DateTimePicker } from '@mantine/dates';
import { t } from '../i18n';
import { frame } from './common';
import { calendar } from './DateBox';
import { fromWall, toWall } from './datetime';
import type { InputProps } from './types';

export default function DateTimeBox(props: InputProps) {
  return (
    <DateTimePicker
      {...frame(props)}
      {...calendar()}
      value={toWall(props.value)}
      onChange={(value) => props.onChange(value ? fromWall(value) : null)}
      valueFormat="YYYY-MM-DD HH:mm"
      clearable={!props.readOnly && !props.required && !props.bare}
      clearButtonProps={{ 'aria-label': t('field.clear') }}
      popoverProps={{ disabled: props.readOnly }}
    />
  );
}
