/** A sum, count or the like over related records, kept current by the server. */
import { option } from './common';
import { computed } from './computed';

export const rollup = computed([option.formula, option.scale]);
