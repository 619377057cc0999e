/** A department of the organisation. */
import { refTitle } from './operators';
import { relation } from './relation';
import type { FieldType } from './types';

export const department: FieldType = { ...relation, width: 140, cell: (value) => refTitle(value), options: [] };
