/** A value that the server computes from the record's other fields. */
import { option } from './common';
import { computed } from './computed';

const results = ['text', 'integer', 'decimal', 'money', 'percent', 'boolean', 'date', 'datetime'];

export const formula = computed([
  option.formula,
  {
    name: 'result',
    type: 'choice',
    required: true,
    labels: { en: 'Result', 'zh-CN': '结果类型' },
    options: results.map((code) => ({ code })),
  },
  option.scale,
]);
