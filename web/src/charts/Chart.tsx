/** One chart. The library is loaded when the first one is shown; it follows the size, the language and the dark. */
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { currentLanguage } from '../i18n';

type Props = { title: string; option: EChartsCoreOption; onPress?: (index: number) => void };

const COLOURS = {
  light: ['#3f5fe0', '#94a3c4', '#12a67c', '#e08a1e', '#8b5cf6', '#d6457f'],
  dark: ['#7a96f4', '#8190ab', '#3ecf9d', '#f0a94a', '#b197fc', '#f06fa5'],
};

export function Chart({ title, option, onPress }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const press = useRef(onPress);
  press.current = onPress;
  const latest = useRef(option);
  latest.current = option;
  const [ready, setReady] = useState(false);
  const language = currentLanguage();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });

  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | undefined;
    import('./echarts').then(({ init }) => {
      const place = element.current;
      if (gone || !place) return;
      const made = init(place, null, { renderer: 'svg', locale: language === 'zh-CN' ? 'ZH' : 'EN' });
      chart.current = made;
      made.setOption(dressed(latest.current, place, scheme));
      made.on('click', ({ dataIndex }) => press.current?.(dataIndex));
      observer = new ResizeObserver(() => made.resize());
      observer.observe(place);
      setReady(true);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = undefined;
    };
  }, [language, scheme]);
  useEffect(() => {
    if (chart.current && element.current) chart.current.setOption(dressed(option, element.current, scheme), true);
  }, [option, scheme]);

  return (
    <div className="chart">
      {!ready && <Skeleton height="100%" />}
      <div ref={element} role="img" aria-label={title} className="chart-area" />
    </div>
  );
}

/** The page's own colours and font instead of the library's. */
function dressed(option: EChartsCoreOption, place: HTMLElement, scheme: 'light' | 'dark'): EChartsCoreOption {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [text, muted, line, raised] = ['--text', '--muted', '--line', '--raised'].map(colour);
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisLabel: { color: muted, fontSize: 11 },
    splitLine: { lineStyle: { color: line } },
  };
  const { xAxis, yAxis, legend, tooltip, ...rest } = option as { [name: string]: object | undefined };
  const merged = (own: object | undefined, base: { [name: string]: object }) => ({
    ...base,
    ...own,
    axisLabel: { ...base.axisLabel, ...(own as { axisLabel?: object } | undefined)?.axisLabel },
  });
  return {
    animationDuration: 250,
    color: COLOURS[scheme],
    backgroundColor: 'transparent',
    textStyle: { fontFamily: style.fontFamily, color: text },
    xAxis: merged(xAxis, axis),
    yAxis: merged(yAxis, axis),
    legend: { ...legend, textStyle: { color: muted, fontSize: 12 } },
    tooltip: {
      ...tooltip,
      backgroundColor: raised,
      borderColor: line,
      textStyle: { color: text, fontSize: 12 },
      extraCssText: 'border-radius:8px',
    },
    ...rest,
  };
}
