/** One FormState as long as the page is, laid over what the server says now. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Rows } from '../api/records';
import type { Module, Row } from '../api/types';
import { useCatalog } from '../modules/queries';
import { FormState } from './form';

export function useForm(module: Module, row: Row | undefined, initial?: Rows): FormState {
  const { byName } = useCatalog();
  const [form] = useState(() => new FormState(module, byName, row, initial));
  useEffect(() => {
    if (row) form.rebase(row);
  }, [form, row]);
  useEffect(() => {
    form.open();
    return () => form.close();
  }, [form]);
  useEffect(() => form.follow(module, byName), [form, module, byName]);
  useSyncExternalStore(form.subscribe, form.snapshot);
  return form;
}
