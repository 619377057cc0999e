/** A value read through a relation: the region of the order's partner. */
import { computed } from './computed';

export const lookup = computed([
  { name: 'path', type: 'text', required: true, labels: { en: 'Path', 'zh-CN': '路径' } },
]);
