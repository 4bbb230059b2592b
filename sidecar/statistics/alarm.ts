/** An alarm with hysteresis: it rises and falls only after several windows in a row agree. Plain JSON. */
export interface Alarm {
  readonly raised: boolean;
  /** Windows in a row that speak for the other state. */
  readonly streak: number;
}

export const quietAlarm: Alarm = { raised: false, streak: 0 };

/**
 * The alarm after one more window. It rises after `windows` scores in a row above the threshold and falls after as many
 * below `leaveAt` · threshold. A window that cannot tell (NaN) changes nothing: no data is neither drift nor relief.
 */
export const stepAlarm = (
  alarm: Alarm,
  { score, threshold }: { readonly score: number; readonly threshold: number },
  { windows = 3, leaveAt = 0.8 }: { readonly windows?: number; readonly leaveAt?: number } = {},
): Alarm => {
  if (Number.isNaN(score)) return alarm;
  const isForChange = alarm.raised ? score < leaveAt * threshold : score > threshold;
  if (!isForChange) return { raised: alarm.raised, streak: 0 };
  const streak = alarm.streak + 1;
  return streak >= windows ? { raised: !alarm.raised, streak: 0 } : { raised: alarm.raised, streak };
};
