import type { Training } from '../../contract/training.ts';
import { Fault } from '../../faults.ts';

/**
 * Weight of each class in the loss, in the order of the classes; undefined where all count the same.
 *
 * `balanced`: rows / (classes · rows of the class), as in scikit-learn; a class without rows counts 1. In a record,
 * classes that are not named count 1.
 * @param targets class numbers of the training rows
 * @throws Fault `configuration-invalid` for a class that the data does not have
 */
export const classWeightsOf = (
  asked: Training['training']['class_weights'],
  classes: readonly string[],
  targets: Float32Array,
): readonly number[] | undefined => {
  if (asked === 'none') return undefined;
  if (asked === 'balanced') return balanced(classes.length, targets);
  const stranger = Object.keys(asked).find((name) => !classes.includes(name));
  if (stranger !== undefined)
    throw new Fault('configuration-invalid', `training.class_weights names “${stranger}”, which is no class.`, {
      hint: `The classes are ${classes.slice(0, 20).join(', ')}${classes.length > 20 ? ', …' : ''}.`,
    });
  return classes.map((name) => asked[name] ?? 1);
};

const balanced = (classes: number, targets: Float32Array): readonly number[] => {
  const counts = new Array<number>(classes).fill(0);
  for (const target of targets) counts[target] = (counts[target] ?? 0) + 1;
  return counts.map((count) => (count === 0 ? 1 : targets.length / (classes * count)));
};
